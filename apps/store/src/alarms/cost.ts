import type { RequestOp, TxnRequest } from '@rhythm/proto/etcd';
import type { StoreCommand } from '../host/machine.ts';

/** What etcd adds to the length of key and value, and takes for a lease. */
const keyValueOverheadBytes = 256;
const leaseOverheadBytes = 64;

/** Bytes that a command may add, as etcd counts them: of a transaction, the more expensive side. */
export function costBytes(command: StoreCommand): number {
  switch (command.$case) {
    case 'put':
      return putCost(command.value);
    case 'txn':
      return txnCost(command.value);
    case 'leaseGrant':
      return leaseOverheadBytes;
    default:
      return 0;
  }
}

/** True for what is refused while there is no space; deletions and compactions, which make some, never are. */
export function takesSpace(command: StoreCommand): boolean {
  return costBytes(command) > 0;
}

function putCost({ key, value }: { readonly key: Uint8Array; readonly value: Uint8Array }): number {
  return keyValueOverheadBytes + key.length + value.length;
}

function txnCost({ success, failure }: TxnRequest): number {
  return Math.max(listCost(success), listCost(failure));
}

function listCost(ops: readonly RequestOp[]): number {
  let sum = 0;
  for (const { request } of ops) {
    if (request?.$case === 'requestPut') sum += putCost(request.value);
    else if (request?.$case === 'requestTxn') sum += txnCost(request.value);
  }
  return sum;
}

/** Whether a command still fits beside so many bytes; without a quota everything does. */
export function hasSpaceFor(command: StoreCommand, bytes: number, quotaBytes: number | undefined): boolean {
  return quotaBytes === undefined || !takesSpace(command) || bytes + costBytes(command) < quotaBytes;
}
