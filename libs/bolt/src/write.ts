import { assert } from '@rhythm/base';
import { BoltError } from './error.ts';
import { encodeMetaPage, pageBytesDefault, type BoltMeta } from './meta.ts';
import { bucketFlag, pageKinds, viewOf, writePageHeader } from './page.ts';
import { TreeWriter, type PageSequence } from './tree-writer.ts';

/** A key with its value, or with the bucket it names. */
export type BoltEntry = readonly [key: Uint8Array, value: Uint8Array | BoltContent];
/** A bucket's entries in ascending order of keys, in slices; called once for each pass over the content. */
export type BoltContent = () => AsyncIterable<readonly BoltEntry[]>;

/** How a content is laid out: known before the first byte is written, because a file begins with it. */
export interface BoltLayout {
  readonly pageBytes: number;
  readonly root: number;
  readonly pages: number;
  /** Length of the file. */
  readonly bytes: number;
}

/** The two meta pages and the list of free pages come first; the transaction that wrote all of it is the second. */
const freelistPage = 2;
const firstPage = 3;
const transaction = 2;
/** As bbolt's own limit. */
const keyBytesMax = 32_768;

/**
 * First of the two passes over a content: finds where everything will be.
 * @throws BoltError for a key that the format cannot hold.
 */
export async function measureBolt(content: BoltContent, pageBytes: number = pageBytesDefault): Promise<BoltLayout> {
  const sequence: PageSequence = { pageBytes, next: firstPage, write: undefined };
  const tree = new TreeWriter(sequence);
  for await (const _ of addAll(tree, content, sequence)) assert(false, 'measuring writes nothing');
  const root = tree.finishRoot();
  return { pageBytes, root, pages: sequence.next, bytes: sequence.next * pageBytes };
}

/**
 * Second pass: the file, in pieces of whole pages, in order.
 * @throws BoltError when the content is not the one that was measured.
 */
export async function* boltPages(content: BoltContent, layout: BoltLayout): AsyncGenerator<Uint8Array> {
  const { pageBytes, root, pages } = layout;
  const meta: BoltMeta = { pageBytes, root, freelist: freelistPage, pages, transaction };
  const freelist = new Uint8Array(pageBytes);
  writePageHeader(viewOf(freelist), { id: freelistPage, flags: pageKinds.freelist, count: 0, overflow: 0 });
  yield encodeMetaPage(0, meta);
  yield encodeMetaPage(1, { ...meta, transaction: transaction - 1 });
  yield freelist;
  const written: Uint8Array[] = [];
  const sequence: PageSequence = { pageBytes, next: firstPage, write: (page) => void written.push(page) };
  const tree = new TreeWriter(sequence);
  for await (const _ of addAll(tree, content, sequence)) yield* written.splice(0);
  if (tree.finishRoot() !== root || sequence.next !== pages) throw new BoltError('the content changed between the two passes over it');
  yield* written;
}

/** Adds a content to a tree, giving way whenever pages may have been written. */
async function* addAll(tree: TreeWriter, content: BoltContent, sequence: PageSequence): AsyncGenerator<void> {
  for await (const slice of content()) {
    for (const [key, value] of slice) {
      if (key.length === 0 || key.length > keyBytesMax) throw new BoltError(`a key of ${key.length} bytes: the format holds 1 to ${keyBytesMax}`);
      if (typeof value === 'function') {
        const inner = new TreeWriter(sequence);
        yield* addAll(inner, value, sequence);
        tree.add(key, inner.finish(), bucketFlag);
      } else {
        tree.add(key, value, 0);
      }
    }
    if (sequence.write !== undefined) yield;
  }
}
