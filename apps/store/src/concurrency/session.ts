import { GrpcError, status } from '@rhythm/grpc';
import { prefixEnd, type KeyValue } from '@rhythm/mvcc';
import type { RangeRequest, RequestOp, TxnRequest, TxnResponse } from '@rhythm/proto/etcd';
import type { Credentials } from '../auth/gate.ts';
import type { KeyValues, ReadAnswer } from '../services/kv.ts';
import type { Changes } from '../watch/changes.ts';

/** The lease that a caller without one gets, in seconds, as in etcd. */
const sessionTtlSeconds = 60n;
const none = new Uint8Array(0);
const allKeys = Uint8Array.of(0);

/** What locks and elections work with. */
export interface Concurrency {
  readonly kv: KeyValues;
  readonly changes: Changes;
  /** Grants a lease of so many seconds; gives its id. */
  readonly grant: (ttl: bigint, who: Credentials) => Promise<bigint>;
}

/** etcd's own clients match on these texts; its server gives all of them the code UNKNOWN. */
export function concurrencyError(text: string): GrpcError {
  return new GrpcError(status.UNKNOWN, text);
}

/** The caller's lease, or a new one that nobody keeps alive. */
export async function leaseOr(concurrency: Concurrency, lease: bigint, who: Credentials): Promise<bigint> {
  return lease === 0n ? await concurrency.grant(sessionTtlSeconds, who) : lease;
}

/** `NAME/`: the keys of all who wait for a name begin with it. */
export function prefixOf(name: Uint8Array): Uint8Array {
  return Buffer.concat([name, Buffer.from('/')]);
}

export function keyOf(prefix: Uint8Array, lease: bigint): Uint8Array {
  return Buffer.concat([prefix, Buffer.from(lease.toString(16))]);
}

/** The key of the prefix that was made first: who holds the lock, or leads. */
export function firstMade(prefix: Uint8Array): RangeRequest {
  return { ...byCreation(prefix), sortOrder: 1 };
}

/** Waits until no key of the prefix is older than `revision`: everybody who came before has gone. */
export async function untilFirst({ kv, changes }: Concurrency, prefix: Uint8Array, revision: bigint, who: Credentials, signal: AbortSignal): Promise<void> {
  for (;;) {
    const last = { ...byCreation(prefix), sortOrder: 2, maxCreateRevision: revision - 1n } as const;
    const wait = await kv.read(last, who, ({ values: [before] }) => before && { gone: changes.next(before.key, none, signal, true) });
    if (wait === undefined) return;
    await wait.gone;
  }
}

/** A key as of now. */
export function readKey({ kv }: Concurrency, key: Uint8Array, who: Credentials): Promise<ReadAnswer> {
  return kv.read({ ...rangeOf(key), serializable: false }, who, (answer) => answer);
}

export function getOp(key: Uint8Array): RequestOp {
  return { request: { $case: 'requestRange', value: rangeOf(key) } };
}

export function rangeOp(value: RangeRequest): RequestOp {
  return { request: { $case: 'requestRange', value } };
}

export function putOp(key: Uint8Array, value: Uint8Array, lease: bigint): RequestOp {
  return { request: { $case: 'requestPut', value: { key, value, lease, prevKv: false, ignoreValue: false, ignoreLease: false } } };
}

export function deleteOp(key: Uint8Array): RequestOp {
  return { request: { $case: 'requestDeleteRange', value: { key, rangeEnd: none, prevKv: false } } };
}

/** A transaction for when the key was made at this revision; 0: does not exist. */
export function ifMadeAt(key: Uint8Array, revision: bigint, success: RequestOp[], failure: RequestOp[] = []): TxnRequest {
  return { compare: [{ result: 0, target: 1, key, rangeEnd: none, targetUnion: { $case: 'createRevision', value: revision } }], success, failure };
}

/** The first key-value of an answer within a transaction. */
export function found(response: TxnResponse, at: number): KeyValue | undefined {
  const answer = response.responses[at]?.response;
  return answer?.$case === 'responseRange' ? answer.value.kvs[0] : undefined;
}

function rangeOf(key: Uint8Array, rangeEnd: Uint8Array = none): RangeRequest {
  return {
    key, rangeEnd, limit: 0n, revision: 0n, sortOrder: 0, sortTarget: 0, serializable: true, keysOnly: false, countOnly: false,
    minModRevision: 0n, maxModRevision: 0n, minCreateRevision: 0n, maxCreateRevision: 0n,
  };
}

function byCreation(prefix: Uint8Array): RangeRequest {
  return { ...rangeOf(prefix, prefixEnd(prefix) ?? allKeys), sortTarget: 2, limit: 1n };
}
