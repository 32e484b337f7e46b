import type { Compare, KeyValue, RangeRequest, RequestOp, TxnRequest } from '@rhythm/mvcc';
import type { ModRevisionIs, RangeOptions, StoredValue, StoreWrite } from './store.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const empty = new Uint8Array(0);

export function bytes(key: string): Uint8Array {
  return encoder.encode(key);
}

export function text(key: Uint8Array): string {
  return decoder.decode(key);
}

export function toStored(kv: KeyValue): StoredValue {
  return { key: text(kv.key), value: kv.value, createRevision: Number(kv.createRevision), modRevision: Number(kv.modRevision) };
}

/** An `end` of one zero byte means: no upper bound, as in etcd. */
export function rangeRequest(key: string, options: RangeOptions): RangeRequest & { serializable: boolean } {
  return {
    key: bytes(key),
    rangeEnd: options.end === undefined ? empty : bytes(options.end),
    limit: BigInt(options.limit ?? 0),
    revision: BigInt(options.revision ?? 0),
    sortOrder: 0,
    sortTarget: 0,
    serializable: false,
    keysOnly: options.keysOnly === true,
    countOnly: options.countOnly === true,
    minModRevision: 0n,
    maxModRevision: 0n,
    minCreateRevision: 0n,
    maxCreateRevision: 0n,
  };
}

/** When a comparison fails the compared keys are read in the same transaction, so that the caller sees why. */
export function txnRequest(compares: readonly ModRevisionIs[], writes: readonly StoreWrite[]): TxnRequest & { failure: Array<RequestOp & { request: { $case: 'requestRange'; value: RangeRequest & { serializable: boolean } } }> } {
  return {
    compare: compares.map(
      ({ key, modRevision }): Compare => ({
        result: 0,
        target: 2,
        key: bytes(key),
        targetUnion: { $case: 'modRevision', value: BigInt(modRevision) },
        rangeEnd: empty,
      }),
    ),
    success: writes.map(writeOp) as TxnRequest['success'],
    failure: compares.map(({ key }) => ({ request: { $case: 'requestRange', value: rangeRequest(key, {}) } })),
  };
}

function writeOp(write: StoreWrite): RequestOp {
  if (write.kind === 'delete') {
    return { request: { $case: 'requestDeleteRange', value: { key: bytes(write.key), rangeEnd: empty, prevKv: false } } };
  }
  const value = { key: bytes(write.key), value: write.value, lease: write.lease ?? 0n, prevKv: false, ignoreValue: false, ignoreLease: false };
  return { request: { $case: 'requestPut', value } };
}
