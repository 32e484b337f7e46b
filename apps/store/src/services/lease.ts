import type { Random } from '@rhythm/base';
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
import type { Credentials } from '../auth/gate.ts';
import { header, type Backend } from './header.ts';

/** Shorter leases are made this long, as etcd does: one and a half election timeouts, rounded up to seconds. */
const ttlSecondsMin = 2n;

export function leaseService(backend: Backend, random: Random): GrpcService {
  const { host } = backend;
  const revision = (): number => host.state.mvcc.revision;

  async function grant(request: LeaseGrantRequest, who: Credentials): Promise<LeaseGrantResponse> {
    const reply = await grantLease(backend, random, request, who);
    return { header: header(backend, reply.revision), ID: reply.ID, TTL: reply.TTL, error: '' };
  }

  async function revoke({ ID }: LeaseRevokeRequest, who: Credentials): Promise<LeaseRevokeResponse> {
    const reply = await backend.propose({ $case: 'leaseRevoke', value: { ID } }, who);
    return { header: header(backend, reply.revision) };
  }

  /** A lease that is not there is answered with a time of 0, not with an error. */
  async function keepAlive(ID: bigint, who: Credentials): Promise<LeaseKeepAliveResponse> {
    backend.access.leaseWrite(await backend.caller(who), ID);
    const { remaining } = await backend.group.renewLease(ID);
    return { header: header(backend, revision()), ID, TTL: remaining };
  }

  async function timeToLive({ ID, keys }: LeaseTimeToLiveRequest, who: Credentials): Promise<LeaseTimeToLiveResponse> {
    await host.linearizable();
    const caller = await backend.caller(who);
    if (keys) backend.access.leaseRead(caller, ID);
    else backend.access.authenticated(caller);
    const lease = host.state.mvcc.leases.get(ID);
    const { remaining } = lease === undefined ? { remaining: -1n } : await backend.group.leaseTime(ID);
    if (lease === undefined || remaining < 0n) return { header: header(backend, revision()), ID, TTL: -1n, grantedTTL: 0n, keys: [] };
    // While the leader was asked, keys may have been hung on it that the caller may not know.
    if (keys) backend.access.leaseRead(caller, ID);
    const held = keys ? [...lease.keys].sort().map(keyBytes) : [];
    return { header: header(backend, revision()), ID, TTL: remaining, grantedTTL: lease.ttl, keys: held };
  }

  return {
    definition: LeaseService,
    implementation: {
      leaseGrant: unaryHandler<LeaseGrantRequest, LeaseGrantResponse>(grant),
      leaseRevoke: unaryHandler<LeaseRevokeRequest, LeaseRevokeResponse>(revoke),
      leaseKeepAlive: bidiHandler<LeaseKeepAliveRequest, LeaseKeepAliveResponse>(async function* (messages, context) {
        for await (const { ID } of messages) yield await keepAlive(ID, context);
      }),
      leaseTimeToLive: unaryHandler<LeaseTimeToLiveRequest, LeaseTimeToLiveResponse>(timeToLive),
      leaseLeases: unaryHandler<LeaseLeasesRequest, LeaseLeasesResponse>(async (_request, context) => {
        await host.linearizable();
        const caller = await backend.caller(context);
        backend.access.authenticated(caller);
        const ids = host.state.mvcc.leases.ids();
        for (const id of ids) backend.access.leaseRead(caller, id);
        return { header: header(backend, revision()), leases: ids.map((ID) => ({ ID })) };
      }),
    },
  };
}

/** Grants leases to those who come without one. */
export function leaseGranter(backend: Backend, random: Random): (ttl: bigint, who: Credentials) => Promise<bigint> {
  return async (TTL, who) => (await grantLease(backend, random, { ID: 0n, TTL }, who)).ID;
}

function grantLease(backend: Backend, random: Random, { ID, TTL }: LeaseGrantRequest, who: Credentials) {
  const value = { ID: ID === 0n ? randomId(random) : ID, TTL: TTL < ttlSecondsMin ? ttlSecondsMin : TTL };
  return backend.propose({ $case: 'leaseGrant', value }, who);
}

/** A positive 63-bit number. */
function randomId(random: Random): bigint {
  const bytes = Buffer.from(random.bytes(8));
  return (bytes.readBigUInt64BE() & 0x7fff_ffff_ffff_ffffn) | 1n;
}

