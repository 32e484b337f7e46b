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

/** All of one key, as of now. */
const plainRange = rangeRequest('', {});

/** When a comparison fails the compared keys are read in the same transaction, so that the caller sees why. */
export function txnRequest(compares: readonly ModRevisionIs[], writes: readonly StoreWrite[]): TxnRequest & { failure: Array<RequestOp & { request: { $case: 'requestRange'; value: RangeRequest & { serializable: boolean } } }> } {
  const keyOf = rememberingLast();
  return {
    compare: compares.map(
      ({ key, modRevision }): Compare => ({
        result: 0,
        target: 2,
        key: keyOf(key),
        targetUnion: { $case: 'modRevision', value: BigInt(modRevision) },
        rangeEnd: empty,
      }),
    ),
    success: writes.map((write) => writeOp(write, keyOf(write.key))) as TxnRequest['success'],
    failure: compares.map((compared) => ({ request: { $case: 'requestRange', value: { ...plainRange, key: keyOf(compared.key) } } })),
  };
}

/** Makes the bytes of keys, once for one that is named again right away: most transactions compare, write and, when they fail, read the same. */
function rememberingLast(): (key: string) => Uint8Array {
  let last: string | undefined;
  let made: Uint8Array = empty;
  return (key) => {
    if (key !== last) made = bytes((last = key));
    return made;
  };
}

function writeOp(write: StoreWrite, key: Uint8Array): RequestOp {
  if (write.kind === 'delete') {
    return { request: { $case: 'requestDeleteRange', value: { key, rangeEnd: empty, prevKv: false } } };
  }
  const value = { key, value: write.value, lease: write.lease ?? 0n, prevKv: false, ignoreValue: false, ignoreLease: false };
  return { request: { $case: 'requestPut', value } };
}
