import type { Compare, RequestOp, TxnRequest } from '@rhythm/proto/etcd';
import { keysIn, type ModelState, type ModelValue, type ModelWrite } from '@rhythm/simulator';

export const keys = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const none = new Uint8Array(0);
export const bytes = (text: string): Uint8Array => Buffer.from(text);

/** A key as a client was told of it. */
export interface ToldValue extends ModelValue {
  readonly key: string;
}

interface StoredKey {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly modRevision: bigint;
  readonly createRevision: bigint;
  readonly version: bigint;
  readonly lease: bigint;
}

export function toldOf({ key, value, modRevision, createRevision, version, lease }: StoredKey): ToldValue {
  return { key: Buffer.from(key).toString(), value: Buffer.from(value).toString(), mod: Number(modRevision), create: Number(createRevision), version: Number(version), lease };
}

/** What a range from `start` finds in a state. */
export function found(state: ModelState, start: string, end: string | undefined): ToldValue[] {
  return keysIn(state.keys, start, end).map((key) => ({ key, ...(state.keys.get(key) as ModelValue) }));
}

export function isSame(one: readonly ToldValue[], two: readonly ToldValue[]): boolean {
  return one.length === two.length && one.every((each, at) => describe(each) === describe(two[at] as ToldValue));
}

export function describe({ key, value, mod, create, version, lease }: ToldValue): string {
  return `${key}=${value}@${mod},${create},${version},${lease}`;
}

export const rangeOf = (key: string, end?: string, revision = 0) => ({
  key: bytes(key),
  rangeEnd: end === undefined ? none : bytes(end),
  limit: 0n,
  revision: BigInt(revision),
  sortOrder: 0 as const,
  sortTarget: 0 as const,
  serializable: false,
  keysOnly: false,
  countOnly: false,
  minModRevision: 0n,
  maxModRevision: 0n,
  minCreateRevision: 0n,
  maxCreateRevision: 0n,
});

export const putOf = (key: string, value: string, lease = 0n, prevKv = false) => ({ key: bytes(key), value: bytes(value), lease, prevKv, ignoreValue: false, ignoreLease: false });

/** A transaction that compares one key's place in history and writes some keys either way. */
export interface Swap {
  readonly key: string;
  /** The modRevision it compares with; 0: there is no such key. */
  readonly expected: number;
  readonly success: readonly ModelWrite[];
  readonly failure: readonly ModelWrite[];
}

export function txnOf({ key, expected, success, failure }: Swap): TxnRequest {
  const compare: Compare = { result: 0, target: 2, key: bytes(key), targetUnion: { $case: 'modRevision', value: BigInt(expected) }, rangeEnd: none };
  return { compare: [compare], success: success.map(opOf), failure: failure.map(opOf) };
}

function opOf(each: ModelWrite): RequestOp {
  if ('put' in each) return { request: { $case: 'requestPut', value: putOf(each.key, each.put, each.lease) } };
  return { request: { $case: 'requestDeleteRange', value: { key: bytes(each.key), rangeEnd: each.end === undefined ? none : bytes(each.end), prevKv: false } } };
}

/** The key after this one, in order: ranges end before it. */
export const after = (key: string): string => String.fromCharCode(key.charCodeAt(0) + 1);
