import type { Revision } from './types.ts';

/**
 * Keys of the key space on disk (docs/store.md). Data: `k`, then the revision as etcd writes it (8 bytes main, `_`,
 * 8 bytes sub, `t` for a tombstone). Leases: `l` and the id. Meta: `m` and a name.
 */
const dataTag = 0x6b;
const leaseTag = 0x6c;
const tombstone = 0x74;
const dataLength = 18;

export function dataKey(revision: Revision, isTombstone = false): Uint8Array {
  const key = Buffer.allocUnsafe(isTombstone ? dataLength + 1 : dataLength);
  key[0] = dataTag;
  writeUint64(key, 1, revision.main);
  key[9] = 0x5f;
  writeUint64(key, 10, revision.sub);
  if (isTombstone) key[18] = tombstone;
  return key;
}

/** The bytes of `dataKey` without the tag: what etcd's own files and hashes use. */
export function revisionBytes(diskKey: Uint8Array): Uint8Array {
  return diskKey.subarray(1);
}

export function parseDataKey(key: Uint8Array): { readonly revision: Revision; readonly tombstone: boolean } | undefined {
  if (key[0] !== dataTag || key.length < dataLength || key.length > dataLength + 1 || key[9] !== 0x5f) return undefined;
  if (key.length === dataLength + 1 && key[dataLength] !== tombstone) return undefined;
  return { revision: { main: readUint64(key, 1), sub: readUint64(key, 10) }, tombstone: key.length > dataLength };
}

export function leaseKey(id: bigint): Uint8Array {
  const key = Buffer.alloc(9);
  key[0] = leaseTag;
  key.writeBigInt64BE(id, 1);
  return key;
}

export function parseLeaseKey(key: Uint8Array): bigint {
  return new DataView(key.buffer, key.byteOffset, key.byteLength).getBigInt64(1);
}

export function metaKey(name: string): Uint8Array {
  return Buffer.from(`m${name}`, 'latin1');
}

/** First key of each family and the first key after it. */
export const dataFamily = { start: Uint8Array.of(dataTag), end: Uint8Array.of(dataTag + 1) };
export const leaseFamily = { start: Uint8Array.of(leaseTag), end: Uint8Array.of(leaseTag + 1) };

function writeUint64(into: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  const low = value >>> 0;
  into[at] = high >>> 24;
  into[at + 1] = high >>> 16;
  into[at + 2] = high >>> 8;
  into[at + 3] = high;
  into[at + 4] = low >>> 24;
  into[at + 5] = low >>> 16;
  into[at + 6] = low >>> 8;
  into[at + 7] = low;
}

function readUint64(from: Uint8Array, at: number): number {
  const view = new DataView(from.buffer, from.byteOffset, from.byteLength);
  return view.getUint32(at) * 0x1_0000_0000 + view.getUint32(at + 4);
}
