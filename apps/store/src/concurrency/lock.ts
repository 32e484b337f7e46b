import { unaryHandler, type CallContext, type GrpcService } from '@rhythm/grpc';
import { LockService, type LockRequest, type LockResponse, type UnlockRequest, type UnlockResponse } from '@rhythm/proto/etcd/lock';
import { concurrencyError, deleteOp, firstMade, found, getOp, ifMadeAt, keyOf, leaseOr, prefixOf, putOp, rangeOp, readKey, untilFirst, type Concurrency } from './session.ts';

/**
 * etcd's Lock service: each caller puts the key `NAME/LEASE` in hexadecimal, and holds the lock while no older key of the
 * name is there. A lock ends with its key: by Unlock, or with its lease.
 */
export function lockService(concurrency: Concurrency): GrpcService {
  return {
    definition: LockService,
    implementation: {
      lock: unaryHandler<LockRequest, LockResponse>((request, context) => lock(concurrency, request, context)),
      unlock: unaryHandler<UnlockRequest, UnlockResponse>(async ({ key }, context) => {
        const { header } = await concurrency.kv.deleteRange({ key, rangeEnd: new Uint8Array(0), prevKv: false }, context);
        return { header };
      }),
    },
  };
}

async function lock(concurrency: Concurrency, request: LockRequest, context: CallContext): Promise<LockResponse> {
  const { kv } = concurrency;
  const lease = await leaseOr(concurrency, request.lease, context);
  const prefix = prefixOf(request.name);
  const key = keyOf(prefix, lease);
  const owner = rangeOp(firstMade(prefix));
  const acquired = await kv.txn(ifMadeAt(key, 0n, [putOp(key, new Uint8Array(0), lease), owner], [getOp(key), owner]), context);
  const made = acquired.succeeded ? (acquired.header?.revision ?? 0n) : (found(acquired, 0)?.createRevision ?? 0n);
  if (found(acquired, 1)?.createRevision === made) return { header: acquired.header, key };
  try {
    await untilFirst(concurrency, prefix, made, context, context.signal);
  } catch (error) {
    // Whoever does not wait any longer must not be given the lock.
    await kv.txn(ifMadeAt(key, made, [deleteOp(key)]), context).catch(() => undefined);
    throw error;
  }
  // While it waited its lease may have ended, and its key with it.
  const own = await readKey(concurrency, key, context);
  if (own.values[0]?.createRevision !== made) throw concurrencyError('mutex: session is expired');
  return { header: own.header, key };
}
