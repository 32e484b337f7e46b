import { keyText, MvccError, parseDataKey, decodeKeyValue, readRevision, revisionBytes } from '@rhythm/mvcc';
import type { State } from '../host/state.ts';
import { etcdError } from './errors.ts';

const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C (Castagnoli), continued from `crc`. */
export function crc32c(bytes: Uint8Array, crc = 0): number {
  let value = ~crc;
  for (const byte of bytes) value = (table[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return ~value >>> 0;
}

/**
 * etcd's hash over the stored revisions up to `wanted` (0: the newest), in their order on disk. Of those at or below the
 * compacted revision only what is visible at `wanted` counts, so that members hash alike however far their removal has come;
 * when nothing is visible there, all of them count.
 */
export async function hashKv(state: State, wanted: bigint): Promise<{ hash: number; revision: number; compactRevision: number }> {
  const { mvcc } = state;
  const compacted = mvcc.compactRevision;
  let revision: number;
  try {
    revision = readRevision(wanted, mvcc.revision, compacted);
  } catch (error) {
    throw error instanceof MvccError ? etcdError(error.kind) : error;
  }
  let hash = crc32c(Buffer.from('key'));
  let isAnyVisible = false;
  mvcc.index.forEach({ start: '', end: undefined }, (history) => {
    isAnyVisible = history.existsAt(revision);
    return !isAnyVisible;
  });
  await state.reading(async () => {
    for await (const slice of state.revisions()) {
      for (const [key, value] of slice) {
        const place = parseDataKey(key);
        if (place === undefined || place.revision.main > revision) continue;
        if (place.revision.main <= compacted) {
          if (place.tombstone) continue;
          const visible = mvcc.index.get(keyText(decodeKeyValue(value).key))?.find(revision)?.revision;
          if (isAnyVisible && (visible?.main !== place.revision.main || visible.sub !== place.revision.sub)) continue;
        }
        hash = crc32c(value, crc32c(revisionBytes(key), hash));
      }
    }
  });
  return { hash, revision, compactRevision: compacted };
}
