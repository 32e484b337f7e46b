import { inRange, keyRange, keyText, type KeyRange } from './key.ts';
import type { DeleteRangeRequest, PutRequest, RangeRequest, RequestOp, TxnRequest } from './types.ts';

/** Operations in one list of a transaction, as etcd's default. */
export const txnOpsMax = 128;
/** Transactions within transactions. */
export const txnDepthMax = 8;

/** What is wrong with a request by itself; `etcdError` has the text and code for each. */
export type RequestFault = 'EmptyKey' | 'KeyNotFound' | 'ValueProvided' | 'LeaseProvided' | 'InvalidSortOption' | 'TooManyOps' | 'DuplicateKey' | 'TooDeep';

export function checkRange(request: RangeRequest): RequestFault | undefined {
  if (request.key.length === 0) return 'EmptyKey';
  const { sortOrder, sortTarget } = request;
  return sortOrder < 0 || sortOrder > 2 || sortTarget < 0 || sortTarget > 4 ? 'InvalidSortOption' : undefined;
}

export function checkPut(request: PutRequest): RequestFault | undefined {
  if (request.key.length === 0) return 'EmptyKey';
  if (request.ignoreValue && request.value.length > 0) return 'ValueProvided';
  return request.ignoreLease && request.lease !== 0n ? 'LeaseProvided' : undefined;
}

export function checkDeleteRange(request: DeleteRangeRequest): RequestFault | undefined {
  return request.key.length === 0 ? 'EmptyKey' : undefined;
}

/** Also refuses a transaction that would change a key twice: its result would depend on the order of its operations. */
export function checkTxn(request: TxnRequest, opsMax: number = txnOpsMax): RequestFault | undefined {
  return checkTxnShape(request, opsMax, 1) ?? changes(request.success).fault ?? changes(request.failure).fault;
}

function checkTxnShape(request: TxnRequest, opsMax: number, depth: number): RequestFault | undefined {
  if (depth > txnDepthMax) return 'TooDeep';
  const longest = Math.max(request.compare.length, request.success.length, request.failure.length);
  if (longest > opsMax) return 'TooManyOps';
  if (request.compare.some((compare) => compare.key.length === 0)) return 'EmptyKey';
  for (const { request: op } of [...request.success, ...request.failure]) {
    const fault = checkOp(op, opsMax - longest, depth);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function checkOp(op: RequestOp['request'], opsMax: number, depth: number): RequestFault | undefined {
  switch (op?.$case) {
    case 'requestRange':
      return checkRange(op.value);
    case 'requestPut':
      return checkPut(op.value);
    case 'requestDeleteRange':
      return checkDeleteRange(op.value);
    case 'requestTxn':
      return checkTxnShape(op.value, opsMax, depth + 1);
    case undefined:
      return 'KeyNotFound';
  }
}

interface Changes {
  readonly puts: Set<string>;
  readonly deletes: KeyRange[];
  fault: RequestFault | undefined;
}

/**
 * What a list of operations may change; both sides of a nested transaction count, though only one will run. In etcd's order:
 * deletions of this level, nested transactions, puts of this level. So a nested deletion after a sibling's put passes.
 */
function changes(ops: readonly RequestOp[]): Changes {
  const all: Changes = { puts: new Set(), deletes: [], fault: undefined };
  for (const { request: op } of ops) {
    // As in etcd, a deletion without an upper bound is not looked at: it may go together with a put, in their order.
    if (op?.$case === 'requestDeleteRange' && !isUnbounded(op.value.rangeEnd)) all.deletes.push(keyRange(op.value.key, op.value.rangeEnd));
  }
  for (const { request: op } of ops) if (op?.$case === 'requestTxn') addNested(all, op.value);
  for (const { request: op } of ops) if (op?.$case === 'requestPut') addPuts(all, [keyText(op.value.key)], all.puts);
  return all;
}

interface Changes {
  readonly puts: Set<string>;
  readonly deletes: KeyRange[];
  fault: RequestFault | undefined;
}

function addNested(all: Changes, txn: TxnRequest): void {
  const before = new Set(all.puts);
  const sides = [changes(txn.success), changes(txn.failure)];
  for (const side of sides) {
    all.fault ??= side.fault;
    // Both sides may put the same key: only one of them runs.
    addPuts(all, side.puts, before);
  }
  for (const side of sides) all.deletes.push(...side.deletes);
}

function addPuts(all: Changes, keys: Iterable<string>, taken: ReadonlySet<string>): void {
  for (const key of keys) {
    if (taken.has(key) || all.deletes.some((range) => inRange(range, key))) all.fault = 'DuplicateKey';
    all.puts.add(key);
  }
}

function isUnbounded(rangeEnd: Uint8Array): boolean {
  return rangeEnd.length === 1 && rangeEnd[0] === 0;
}
