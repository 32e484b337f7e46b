import { BoltError } from './error.ts';
import { bucketFlag, bucketHeaderBytes, compareKeys, pageHeaderBytes, pageKinds, readBranch, readCount, readLeaf, readPageHeader, viewOf, type LeafElement } from './page.ts';
import type { Page, PageReader } from './page-reader.ts';

/** Pages from the root of a tree to a leaf; no file can need more. */
const depthMax = 32;

/** Where a bucket's tree is. */
export interface BucketPlace {
  readonly root: number;
  /** The only page, kept within the parent. */
  readonly inline: Uint8Array | undefined;
  /** For errors. */
  readonly name: string;
}

/** A key with its value or bucket. */
export type BoltItem = readonly [key: Uint8Array, value: Uint8Array | BucketReader];

/** Told about each page as it is read, for checks. */
export type PageVisitor = (page: Page) => void;

export class BucketReader {
  readonly #pages: PageReader;
  readonly #place: BucketPlace;

  constructor(pages: PageReader, place: BucketPlace) {
    this.#pages = pages;
    this.#place = place;
  }

  /** Entries in the order of keys, one page of them at a time. @throws BoltError naming what is damaged. */
  async *entries(visit?: PageVisitor): AsyncGenerator<BoltItem[]> {
    let last: Uint8Array | undefined;
    for await (const leaf of this.#leaves(visit)) {
      yield leaf.map((element): BoltItem => {
        if (last !== undefined && compareKeys(last, element.key) >= 0) throw new BoltError(`keys of ${this.#label} are out of order at ${printable(element.key)}`);
        last = element.key;
        return [element.key, this.#valueOf(element)];
      });
    }
  }

  /** The last entry; undefined in an empty bucket. */
  async last(): Promise<BoltItem | undefined> {
    let found: LeafElement | undefined;
    if (this.#place.inline !== undefined) found = this.#inlineLeaf(this.#place.inline).at(-1);
    else {
      let id = this.#place.root;
      for (let depth = 0; ; depth++) {
        if (depth === depthMax) throw new BoltError(`${this.#label} goes deeper than ${depthMax} pages`);
        const { header, bytes } = await this.#pages.read(id, ['branch', 'leaf']);
        if (header.flags === pageKinds.leaf) {
          found = readLeaf(bytes, header.count, `page ${id}`).at(-1);
          break;
        }
        id = readBranch(bytes, header.count, `page ${id}`).at(-1)?.child ?? 0;
      }
    }
    return found === undefined ? undefined : [found.key, this.#valueOf(found)];
  }

  /** The value of a key, or its bucket; undefined when there is none. */
  async get(key: Uint8Array): Promise<Uint8Array | BucketReader | undefined> {
    let leaf: LeafElement[];
    if (this.#place.inline !== undefined) leaf = this.#inlineLeaf(this.#place.inline);
    else leaf = await this.#leafFor(key);
    const found = leaf.find((element) => compareKeys(element.key, key) === 0);
    return found === undefined ? undefined : this.#valueOf(found);
  }

  /** The bucket of a name; undefined when there is none. */
  async bucket(name: string): Promise<BucketReader | undefined> {
    const found = await this.get(new TextEncoder().encode(name));
    return found instanceof BucketReader ? found : undefined;
  }

  get #label(): string {
    return this.#place.name === '' ? 'the root bucket' : `bucket ${this.#place.name}`;
  }

  async #leafFor(key: Uint8Array): Promise<LeafElement[]> {
    let id = this.#place.root;
    for (let depth = 0; depth < depthMax; depth++) {
      const { header, bytes } = await this.#pages.read(id, ['branch', 'leaf']);
      if (header.flags === pageKinds.leaf) return readLeaf(bytes, header.count, `page ${id}`);
      const children = readBranch(bytes, header.count, `page ${id}`);
      id = (children.findLast((child) => compareKeys(child.key, key) <= 0) ?? children[0])?.child ?? 0;
    }
    throw new BoltError(`${this.#label} goes deeper than ${depthMax} pages`);
  }

  async *#leaves(visit?: PageVisitor): AsyncGenerator<LeafElement[]> {
    if (this.#place.inline !== undefined) {
      yield this.#inlineLeaf(this.#place.inline);
      return;
    }
    // Depth first, without recursion: the children still to be visited of each level.
    const open: Array<Array<{ readonly id: number; readonly key: Uint8Array | undefined }>> = [[{ id: this.#place.root, key: undefined }]];
    while (open.length > 0) {
      const next = (open[open.length - 1] as Array<{ id: number; key: Uint8Array | undefined }>).pop();
      if (next === undefined) {
        open.pop();
        continue;
      }
      if (open.length > depthMax) throw new BoltError(`${this.#label} goes deeper than ${depthMax} pages`);
      const page = await this.#pages.read(next.id, ['branch', 'leaf']);
      visit?.(page);
      const place = `page ${next.id}`;
      if (page.header.flags === pageKinds.branch) {
        const children = readBranch(page.bytes, page.header.count, place);
        checkOrder(children, next.key, place);
        open.push(children.map(({ child, key }) => ({ id: child, key })).reverse());
        continue;
      }
      const leaf = readLeaf(page.bytes, page.header.count, place);
      checkOrder(leaf, next.key, place);
      yield leaf;
    }
  }

  #valueOf({ flags, key, value }: LeafElement): Uint8Array | BucketReader {
    if ((flags & bucketFlag) === 0) return value;
    const name = printable(key);
    if (value.length < bucketHeaderBytes) throw new BoltError(`bucket ${name} is damaged: its header is cut off`);
    const root = readCount(viewOf(value), 0);
    const inline = root === 0 ? value.subarray(bucketHeaderBytes) : undefined;
    return new BucketReader(this.#pages, { root, inline, name });
  }

  #inlineLeaf(page: Uint8Array): LeafElement[] {
    if (page.length < pageHeaderBytes) throw new BoltError(`${this.#label} is damaged: its page is cut off`);
    const { flags, count } = readPageHeader(page);
    if (flags !== pageKinds.leaf) throw new BoltError(`${this.#label} is damaged: the page within its parent is no leaf (flags ${flags})`);
    return readLeaf(page, count, `the page of ${this.#label}`);
  }
}

/** Keys ascend, and none is below the key by which the page was reached. */
function checkOrder(elements: ReadonlyArray<{ readonly key: Uint8Array }>, from: Uint8Array | undefined, place: string): void {
  let last = from;
  for (const [index, { key }] of elements.entries()) {
    const order = last === undefined ? -1 : compareKeys(last, key);
    if (order > 0 || (order === 0 && index > 0)) throw new BoltError(`${place} is damaged: its keys are out of order at element ${index}`);
    last = key;
  }
}

/** A key in an error: as text where it is, else in hexadecimal. */
function printable(key: Uint8Array): string {
  const isText = key.length > 0 && key.length <= 64 && key.every((byte) => byte >= 0x20 && byte < 0x7f);
  return isText ? String.fromCharCode(...key) : `0x${[...key.subarray(0, 32)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
