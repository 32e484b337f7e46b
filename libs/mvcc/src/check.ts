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

/** What a list of operations may change; both sides of a nested transaction count, though only one will run. */
function changes(ops: readonly RequestOp[]): Changes {
  const all: Changes = { puts: new Set(), deletes: [], fault: undefined };
  const duplicate = (): void => {
    all.fault = 'DuplicateKey';
  };
  for (const { request: op } of ops) {
    if (op?.$case === 'requestDeleteRange') all.deletes.push(keyRange(op.value.key, op.value.rangeEnd));
  }
  for (const { request: op } of ops) {
    if (op?.$case === 'requestPut') {
      const key = keyText(op.value.key);
      if (all.puts.has(key) || all.deletes.some((range) => inRange(range, key))) duplicate();
      all.puts.add(key);
    } else if (op?.$case === 'requestTxn') {
      addNested(all, op.value, duplicate);
    }
  }
  return all;
}

function addNested(all: Changes, txn: TxnRequest, duplicate: () => void): void {
  const sides = [changes(txn.success), changes(txn.failure)];
  for (const side of sides) {
    if (side.fault !== undefined) duplicate();
    for (const key of side.puts) if (all.puts.has(key) || all.deletes.some((range) => inRange(range, key))) duplicate();
    for (const range of side.deletes) for (const key of all.puts) if (inRange(range, key)) duplicate();
  }
  for (const side of sides) {
    for (const key of side.puts) all.puts.add(key);
    all.deletes.push(...side.deletes);
  }
}
