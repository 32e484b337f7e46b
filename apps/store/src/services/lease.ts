import type { Clock, Random } from '@rhythm/base';
import { keyBytes } from '@rhythm/mvcc';
import { bidiHandler, unaryHandler, type GrpcService } from '@rhythm/grpc';
import {
  LeaseService,
  type LeaseGrantRequest,
  type LeaseGrantResponse,
  type LeaseKeepAliveRequest,
  type LeaseKeepAliveResponse,
  type LeaseLeasesRequest,
  type LeaseLeasesResponse,
  type LeaseRevokeRequest,
  type LeaseRevokeResponse,
  type LeaseTimeToLiveRequest,
  type LeaseTimeToLiveResponse,
} from '@rhythm/proto/etcd';
import { etcdError } from './errors.ts';
import { header, type Backend } from './header.ts';

/** Shorter leases are made this long, as etcd does: one and a half election timeouts, rounded up to seconds. */
const ttlSecondsMin = 2n;

export function leaseService(backend: Backend, clock: Clock, random: Random): GrpcService {
  const { host } = backend;
  const revision = (): number => host.state.mvcc.revision;

  async function grant({ ID, TTL }: LeaseGrantRequest): Promise<LeaseGrantResponse> {
    const id = ID === 0n ? randomId(random) : ID;
    const reply = await host.propose({ $case: 'leaseGrant', value: { ID: id, TTL: TTL < ttlSecondsMin ? ttlSecondsMin : TTL } });
    return { header: header(backend, reply.revision), ID: reply.ID, TTL: reply.TTL, error: '' };
  }

  async function revoke({ ID }: LeaseRevokeRequest): Promise<LeaseRevokeResponse> {
    const reply = await host.propose({ $case: 'leaseRevoke', value: { ID } });
    return { header: header(backend, reply.revision) };
  }

  /** A lease that is not there is answered with a time of 0, not with an error. */
  function keepAlive(ID: bigint): LeaseKeepAliveResponse {
    if (!host.isLeader) throw etcdError('NoLeader');
    const lease = host.state.mvcc.leases.get(ID);
    // Its deadline is over and its revocation on the way: it cannot be saved any more.
    const isAlive = lease !== undefined && host.leases.times.remainingSeconds(ID, clock.monotonic()) !== undefined;
    if (isAlive) host.leases.times.renew(ID, lease.ttl, clock.monotonic());
    return { header: header(backend, revision()), ID, TTL: isAlive ? lease.ttl : 0n };
  }

  async function timeToLive({ ID, keys }: LeaseTimeToLiveRequest): Promise<LeaseTimeToLiveResponse> {
    await host.linearizable();
    const lease = host.state.mvcc.leases.get(ID);
    const remaining = host.leases.times.remainingSeconds(ID, clock.monotonic());
    if (lease === undefined) return { header: header(backend, revision()), ID, TTL: -1n, grantedTTL: 0n, keys: [] };
    const held = keys ? [...lease.keys].sort().map(keyBytes) : [];
    return { header: header(backend, revision()), ID, TTL: remaining ?? 0n, grantedTTL: lease.ttl, keys: held };
  }

  return {
    definition: LeaseService,
    implementation: {
      leaseGrant: unaryHandler<LeaseGrantRequest, LeaseGrantResponse>(grant),
      leaseRevoke: unaryHandler<LeaseRevokeRequest, LeaseRevokeResponse>(revoke),
      leaseKeepAlive: bidiHandler<LeaseKeepAliveRequest, LeaseKeepAliveResponse>(async function* (messages) {
        for await (const { ID } of messages) yield keepAlive(ID);
      }),
      leaseTimeToLive: unaryHandler<LeaseTimeToLiveRequest, LeaseTimeToLiveResponse>(timeToLive),
      leaseLeases: unaryHandler<LeaseLeasesRequest, LeaseLeasesResponse>(async () => {
        await host.linearizable();
        return { header: header(backend, revision()), leases: host.state.mvcc.leases.ids().map((ID) => ({ ID })) };
      }),
    },
  };
}

/** A positive 63-bit number. */
function randomId(random: Random): bigint {
  const bytes = Buffer.from(random.bytes(8));
  return (bytes.readBigUInt64BE() & 0x7fff_ffff_ffff_ffffn) | 1n;
}

