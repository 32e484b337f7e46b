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

/** etcd's hash over all revisions up to `revision` (0: the newest) that a compaction leaves, in their order on disk. */
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
  await state.reading(async () => {
    for await (const slice of state.revisions()) {
      for (const [key, value] of slice) {
        const place = parseDataKey(key);
        if (place === undefined || place.revision.main > revision) continue;
        if (place.revision.main <= compacted) {
          const history = mvcc.index.get(keyText(decodeKeyValue(value).key));
          if (history?.isKept(place.revision, compacted) !== true) continue;
        }
        hash = crc32c(value, crc32c(revisionBytes(key), hash));
      }
    }
  });
  return { hash, revision, compactRevision: compacted };
}
