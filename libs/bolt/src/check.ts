import { BucketReader } from './bucket-reader.ts';
import { BoltError } from './error.ts';
import type { BoltMeta } from './meta.ts';
import { pageHeaderBytes, readCount, viewOf } from './page.ts';
import type { Page, PageReader } from './page-reader.ts';

/** Buckets within buckets that are followed; etcd has one level. */
const nestingMax = 16;

/** Which pages were met: one bit for each. */
class PageSet {
  readonly #bits: Uint8Array;

  constructor(pages: number) {
    this.#bits = new Uint8Array(Math.ceil(pages / 8));
  }

  /** False when it was there. */
  add(id: number): boolean {
    const bit = 1 << (id & 7);
    const byte = this.#bits[id >>> 3] ?? 0;
    this.#bits[id >>> 3] = byte | bit;
    return (byte & bit) === 0;
  }
}

/** See `BoltFile.check`. */
export async function checkFile(pages: PageReader, meta: BoltMeta, root: BucketReader): Promise<void> {
  const met = new PageSet(meta.pages);
  let count = 0;
  const meet = (id: number, how: string): void => {
    if (!met.add(id)) throw new BoltError(`page ${id} is ${how}, and in use elsewhere`);
    count++;
  };
  const meetPage = (page: Page): void => {
    for (let at = 0; at <= page.header.overflow; at++) meet(page.header.id + at, 'reached');
  };
  meet(0, 'reached');
  meet(1, 'reached');
  await checkBucket(root, meetPage, 0);
  if (meta.freelist < 0) return;
  const list = await pages.read(meta.freelist, ['freelist']);
  meetPage(list);
  for (const id of freePages(list)) {
    if (id < 2 || id >= meta.pages) throw new BoltError(`the list of free pages names page ${id} of ${meta.pages}`);
    meet(id, 'free');
  }
  if (count !== meta.pages) throw new BoltError(`${meta.pages - count} pages are neither in use nor free`);
}

async function checkBucket(bucket: BucketReader, visit: (page: Page) => void, depth: number): Promise<void> {
  if (depth > nestingMax) throw new BoltError(`more than ${nestingMax} buckets within each other`);
  for await (const slice of bucket.entries(visit)) {
    for (const [, value] of slice) if (value instanceof BucketReader) await checkBucket(value, visit, depth + 1);
  }
}

/** A list too long for the count in the header has its length first. */
function* freePages({ header, bytes }: Page): Generator<number> {
  const view = viewOf(bytes);
  const isLong = header.count === 0xffff;
  const count = isLong ? readCount(view, pageHeaderBytes) : header.count;
  const from = pageHeaderBytes + (isLong ? 8 : 0);
  if (count < 0 || from + count * 8 > bytes.length) throw new BoltError(`the list of free pages (page ${header.id}) is damaged: it has ${count} entries, more than fit`);
  for (let at = 0; at < count; at++) yield readCount(view, from + at * 8);
}
