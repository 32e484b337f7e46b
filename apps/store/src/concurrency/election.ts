import { serverStreamHandler, unaryHandler, type CallContext, type GrpcService } from '@rhythm/grpc';
import { prefixEnd } from '@rhythm/mvcc';
import type { ResponseHeader } from '@rhythm/proto/etcd';
import {
  ElectionService,
  type CampaignRequest,
  type CampaignResponse,
  type LeaderKey,
  type LeaderRequest,
  type LeaderResponse,
  type ProclaimRequest,
  type ProclaimResponse,
  type ResignRequest,
  type ResignResponse,
} from '@rhythm/proto/etcd/election';
import { concurrencyError, deleteOp, firstMade, found, getOp, ifMadeAt, keyOf, leaseOr, prefixOf, putOp, readKey, untilFirst, type Concurrency } from './session.ts';

const notLeader = 'election: not leader';
const noLeader = 'election: no leader';
const missingKey = '"leader" field must be provided';

/**
 * etcd's Election service: each candidate puts the key `NAME/LEASE` in hexadecimal with its proposal as the value, and leads
 * while no older key of the name is there.
 */
export function electionService(concurrency: Concurrency): GrpcService {
  return {
    definition: ElectionService,
    implementation: {
      campaign: unaryHandler<CampaignRequest, CampaignResponse>((request, context) => campaign(concurrency, request, context)),
      proclaim: unaryHandler<ProclaimRequest, ProclaimResponse>(async ({ leader, value }, context) => {
        if (leader === undefined) throw concurrencyError(missingKey);
        return { header: await proclaim(concurrency, leader, value, context) };
      }),
      leader: unaryHandler<LeaderRequest, LeaderResponse>(async ({ name }, context) => {
        const { header, values } = await concurrency.kv.read({ ...firstMade(prefixOf(name)), serializable: false }, context, (answer) => answer);
        if (values[0] === undefined) throw concurrencyError(noLeader);
        return { header, kv: values[0] };
      }),
      observe: serverStreamHandler<LeaderRequest, LeaderResponse>((request, context) => observe(concurrency, request, context)),
      resign: unaryHandler<ResignRequest, ResignResponse>(async ({ leader }, context) => {
        if (leader === undefined) throw concurrencyError(missingKey);
        const { header } = await concurrency.kv.txn(ifMadeAt(leader.key, leader.rev, [deleteOp(leader.key)]), context);
        return { header };
      }),
    },
  };
}

async function campaign(concurrency: Concurrency, request: CampaignRequest, context: CallContext): Promise<CampaignResponse> {
  const { kv } = concurrency;
  const lease = await leaseOr(concurrency, request.lease, context);
  const prefix = prefixOf(request.name);
  const key = keyOf(prefix, lease);
  const entered = await kv.txn(ifMadeAt(key, 0n, [putOp(key, request.value, lease)], [getOp(key)]), context);
  const before = found(entered, 0);
  const rev = entered.succeeded ? (entered.header?.revision ?? 0n) : (before?.createRevision ?? 0n);
  const leader: LeaderKey = { name: request.name, key, rev, lease };
  try {
    if (before !== undefined && Buffer.compare(before.value, request.value) !== 0) await proclaim(concurrency, leader, request.value, context);
    await untilFirst(concurrency, prefix, rev, context, context.signal);
  } catch (error) {
    await kv.txn(ifMadeAt(key, rev, [deleteOp(key)]), context).catch(() => undefined);
    throw error;
  }
  // While it waited its lease may have ended, and its candidacy with it.
  const own = await readKey(concurrency, key, context);
  if (own.values[0]?.createRevision !== rev) throw concurrencyError(notLeader);
  return { header: entered.header, leader };
}

async function proclaim({ kv }: Concurrency, { key, rev, lease }: LeaderKey, value: Uint8Array, context: CallContext): Promise<ResponseHeader | undefined> {
  const { succeeded, header } = await kv.txn(ifMadeAt(key, rev, [putOp(key, value, lease)]), context);
  if (!succeeded) throw concurrencyError(notLeader);
  return header;
}

/** The leader now and whenever it or its proposal changes. One that reads slowly misses some, never the newest. */
async function* observe({ kv, changes }: Concurrency, { name }: LeaderRequest, context: CallContext): AsyncGenerator<LeaderResponse> {
  const prefix = prefixOf(name);
  const end = prefixEnd(prefix) ?? Uint8Array.of(0);
  let seen = 0n;
  for (let serializable = false; ; serializable = true) {
    const { header, values, changed } = await kv.read({ ...firstMade(prefix), serializable }, context, (answer) => {
      const next = changes.next(prefix, end, context.signal);
      // It may fail while the message before is being sent: seen when it is awaited.
      next.catch(() => undefined);
      return { ...answer, changed: next };
    });
    const [leader] = values;
    if (leader !== undefined && leader.modRevision !== seen) {
      seen = leader.modRevision;
      yield { header, kv: leader };
    }
    await changed;
  }
}
