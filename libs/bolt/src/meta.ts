import { BoltError } from './error.ts';
import { pageHeaderBytes, pageKinds, readCount, viewOf, writeCount, writePageHeader } from './page.ts';
import type { BoltSource } from './source.ts';

export const pageBytesDefault = 4096;
const magic = 0xed0cdaed;
const version = 2;
/** Bytes before the checksum, which covers them. */
const checkedBytes = 56;
const metaBytes = checkedBytes + 8;
/** Page sizes that a file may have, as bbolt looks for them: powers of two. */
const pageBytesMin = 1024;
const pageBytesMax = pageBytesMin << 14;

/** What the two meta pages say; the valid one with the higher transaction counts. */
export interface BoltMeta {
  readonly pageBytes: number;
  /** Page of the root bucket. */
  readonly root: number;
  /** Page of the list of free pages; -1 when the file has none and free is what cannot be reached. */
  readonly freelist: number;
  /** First page number that was never used. */
  readonly pages: number;
  readonly transaction: number;
}

/** One of the meta pages, whole. */
export function encodeMetaPage(id: 0 | 1, meta: BoltMeta): Uint8Array {
  const page = new Uint8Array(meta.pageBytes);
  writePageHeader(viewOf(page), { id, flags: pageKinds.meta, count: 0, overflow: 0 });
  const bytes = page.subarray(pageHeaderBytes, pageHeaderBytes + metaBytes);
  const view = viewOf(bytes);
  view.setUint32(0, magic, true);
  view.setUint32(4, version, true);
  view.setUint32(8, meta.pageBytes, true);
  writeCount(view, 16, meta.root);
  if (meta.freelist < 0) view.setBigUint64(32, 0xffff_ffff_ffff_ffffn, true);
  else writeCount(view, 32, meta.freelist);
  writeCount(view, 40, meta.pages);
  writeCount(view, 48, meta.transaction);
  view.setBigUint64(checkedBytes, fnv1a(bytes.subarray(0, checkedBytes)), true);
  return page;
}

/**
 * The newest valid meta page of a file.
 * @throws BoltError when neither is valid, with what is wrong with the first.
 */
export async function readMeta(source: BoltSource): Promise<BoltMeta> {
  const first = await metaAt(source, 0);
  if (typeof first !== 'string') {
    const second = await metaAt(source, first.pageBytes);
    return typeof second !== 'string' && second.transaction > first.transaction ? second : first;
  }
  for (let bytes = pageBytesMin; bytes <= pageBytesMax; bytes *= 2) {
    const second = await metaAt(source, bytes);
    if (typeof second !== 'string' && second.pageBytes === bytes) return second;
  }
  throw new BoltError(`neither of the two meta pages is valid: the first ${first}`);
}

async function metaAt(source: BoltSource, at: number): Promise<BoltMeta | string> {
  if (at + pageHeaderBytes + metaBytes > source.size) return 'is beyond the end of the file';
  return decodeMeta(await source.read(at + pageHeaderBytes, metaBytes));
}

function decodeMeta(bytes: Uint8Array): BoltMeta | string {
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== magic) return 'does not begin as that of a bolt database';
  if (view.getUint32(4, true) !== version) return `has format version ${view.getUint32(4, true)}, not ${version}`;
  if (view.getBigUint64(checkedBytes, true) !== fnv1a(bytes.subarray(0, checkedBytes))) return 'has a wrong checksum';
  const pageBytes = view.getUint32(8, true);
  if (pageBytes < pageBytesMin || pageBytes > pageBytesMax || (pageBytes & (pageBytes - 1)) !== 0) return `has page size ${pageBytes}`;
  return { pageBytes, root: readCount(view, 16), freelist: readCount(view, 32), pages: readCount(view, 40), transaction: readCount(view, 48) };
}

/** FNV-1a, 64 bits. */
function fnv1a(bytes: Uint8Array): bigint {
  let hash = 0xcbf2_9ce4_8422_2325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100_0000_01b3n);
  return hash;
}
