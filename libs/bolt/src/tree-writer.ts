import { assert } from '@rhythm/base';
import { bucketHeaderBytes, compareKeys, elementBytes, elementsMax, pageHeaderBytes, pageKinds, viewOf, writeCount, writePageHeader } from './page.ts';

/** Numbers pages in the order in which they are written; without `write` they are only counted. */
export interface PageSequence {
  readonly pageBytes: number;
  next: number;
  readonly write: ((page: Uint8Array) => void) | undefined;
}

interface Element {
  readonly flags: number;
  readonly key: Uint8Array;
  /** Absent in a branch. */
  readonly value: Uint8Array | undefined;
  /** 0 in a leaf. */
  readonly child: number;
}

/** A branch must keep two children: etcd's library ends with an assertion when it merges the only child of one. */
const childrenMin = 2;
/** A bucket whose content is no longer than this part of a page is kept within its parent. */
const inlineParts = 4;

/** One B+ tree from keys in ascending order: a page is written as soon as it is full, so that memory holds one page per level. */
export class TreeWriter {
  readonly #sequence: PageSequence;
  /** The open page of each level, leaf first. */
  readonly #levels: Element[][] = [[]];
  readonly #bytes: number[] = [pageHeaderBytes];
  #last: Uint8Array | undefined;
  #hasBuckets = false;

  constructor(sequence: PageSequence) {
    this.#sequence = sequence;
  }

  /** `key` must be above all before it. */
  add(key: Uint8Array, value: Uint8Array, flags: number): void {
    assert(this.#last === undefined || compareKeys(this.#last, key) < 0, 'keys of a bucket ascend');
    this.#last = key;
    if (flags !== 0) this.#hasBuckets = true;
    this.#append(0, { flags, key, value, child: 0 });
  }

  /** Writes what is open. Gives the value that stands for this bucket in its parent. */
  finish(): Uint8Array {
    const inlineMax = this.#sequence.pageBytes / inlineParts;
    if (this.#levels.length === 1 && !this.#hasBuckets && (this.#bytes[0] ?? 0) <= inlineMax) {
      return this.#inline(this.#levels[0] as Element[], this.#bytes[0] as number);
    }
    const value = new Uint8Array(bucketHeaderBytes);
    writeCount(viewOf(value), 0, this.finishRoot());
    return value;
  }

  /** The same for the outermost bucket, which has no parent: gives the number of its root page. */
  finishRoot(): number {
    for (let level = 0; ; level++) {
      const open = this.#levels[level] as Element[];
      const child = this.#write(level, open);
      if (level + 1 === this.#levels.length) return child;
      this.#append(level + 1, { flags: 0, key: open[0]?.key ?? new Uint8Array(0), value: undefined, child });
    }
  }

  #append(level: number, element: Element): void {
    this.#levels[level] ??= [];
    const open = this.#levels[level];
    const bytes = elementBytes + element.key.length + (element.value?.length ?? 0);
    const before = this.#bytes[level] ?? pageHeaderBytes;
    const isFull = before + bytes > this.#sequence.pageBytes || open.length === elementsMax;
    const least = level === 0 ? 1 : childrenMin + 1;
    if (!isFull || open.length < least) {
      open.push(element);
      this.#bytes[level] = before + bytes;
      return;
    }
    // The last child of a full branch goes along with the next one, which might otherwise stay alone.
    const moved = level === 0 ? [] : open.splice(-1);
    const child = this.#write(level, open);
    const next = [...moved, element];
    this.#levels[level] = next;
    this.#bytes[level] = next.reduce((sum, { key, value }) => sum + elementBytes + key.length + (value?.length ?? 0), pageHeaderBytes);
    this.#append(level + 1, { flags: 0, key: open[0]?.key ?? new Uint8Array(0), value: undefined, child });
  }

  /** Gives the number of the page. */
  #write(level: number, elements: readonly Element[]): number {
    const { pageBytes, write } = this.#sequence;
    const bytes = elements.reduce((sum, { key, value }) => sum + elementBytes + key.length + (value?.length ?? 0), pageHeaderBytes);
    const pages = Math.ceil(bytes / pageBytes);
    const id = this.#sequence.next;
    this.#sequence.next += pages;
    if (write !== undefined) {
      const page = new Uint8Array(pages * pageBytes);
      fill(page, id, pages - 1, level, elements);
      write(page);
    }
    return id;
  }

  #inline(elements: readonly Element[], bytes: number): Uint8Array {
    const value = new Uint8Array(bucketHeaderBytes + bytes);
    fill(value.subarray(bucketHeaderBytes), 0, 0, 0, elements);
    return value;
  }
}

function fill(page: Uint8Array, id: number, overflow: number, level: number, elements: readonly Element[]): void {
  const view = viewOf(page);
  writePageHeader(view, { id, flags: level === 0 ? pageKinds.leaf : pageKinds.branch, count: elements.length, overflow });
  let data = pageHeaderBytes + elements.length * elementBytes;
  for (const [index, { flags, key, value, child }] of elements.entries()) {
    const at = pageHeaderBytes + index * elementBytes;
    if (value === undefined) {
      view.setUint32(at, data - at, true);
      view.setUint32(at + 4, key.length, true);
      writeCount(view, at + 8, child);
    } else {
      view.setUint32(at, flags, true);
      view.setUint32(at + 4, data - at, true);
      view.setUint32(at + 8, key.length, true);
      view.setUint32(at + 12, value.length, true);
    }
    page.set(key, data);
    data += key.length;
    if (value === undefined) continue;
    page.set(value, data);
    data += value.length;
  }
}
