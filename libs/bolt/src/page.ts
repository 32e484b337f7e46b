import { BoltError } from './error.ts';

/** A page begins with its number (8 bytes), what it is (2), how many elements it has (2), how many pages follow as part of it (4). */
export const pageHeaderBytes = 16;
export const elementBytes = 16;
/** A bucket stored as a value: number of its root page (0: the page itself follows), sequence. */
export const bucketHeaderBytes = 16;
/** The element is a bucket, not a value. */
export const bucketFlag = 1;
/** Elements of one page are counted in two bytes, the highest count of which means something else in a freelist. */
export const elementsMax = 0xfffe;

export const pageKinds = { branch: 0x01, leaf: 0x02, meta: 0x04, freelist: 0x10 } as const;
export type PageKind = keyof typeof pageKinds;

export interface PageHeader {
  readonly id: number;
  readonly flags: number;
  readonly count: number;
  readonly overflow: number;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 64-bit number that must be small enough to be counted with; -1 for a larger one, which no page has. */
export function readCount(view: DataView, at: number): number {
  const high = view.getUint32(at + 4, true);
  return high >= 0x20_0000 ? -1 : high * 0x1_0000_0000 + view.getUint32(at, true);
}

export function writeCount(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
}

export function readPageHeader(page: Uint8Array): PageHeader {
  const view = viewOf(page);
  return { id: readCount(view, 0), flags: view.getUint16(8, true), count: view.getUint16(10, true), overflow: view.getUint32(12, true) };
}

export function writePageHeader(view: DataView, { id, flags, count, overflow }: PageHeader): void {
  writeCount(view, 0, id);
  view.setUint16(8, flags, true);
  view.setUint16(10, count, true);
  view.setUint32(12, overflow, true);
}

/** An element of a leaf; key and value are views into the page. */
export interface LeafElement {
  readonly flags: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** An element of a branch: a page and the first key below it. */
export interface BranchElement {
  readonly key: Uint8Array;
  readonly child: number;
}

/** @param place what to call the page in an error */
export function readLeaf(page: Uint8Array, count: number, place: string): LeafElement[] {
  const view = viewOf(page);
  return Array.from({ length: count }, (_, index) => {
    const at = pageHeaderBytes + index * elementBytes;
    if (at + elementBytes > page.length) throw new BoltError(`${place} has ${count} elements, more than fit`);
    const start = at + view.getUint32(at + 4, true);
    const middle = start + view.getUint32(at + 8, true);
    const end = middle + view.getUint32(at + 12, true);
    if (end > page.length) throw new BoltError(`element ${index} of ${place} reaches beyond its page`);
    return { flags: view.getUint32(at, true), key: page.subarray(start, middle), value: page.subarray(middle, end) };
  });
}

export function readBranch(page: Uint8Array, count: number, place: string): BranchElement[] {
  const view = viewOf(page);
  if (count === 0) throw new BoltError(`${place} is a branch without children`);
  return Array.from({ length: count }, (_, index) => {
    const at = pageHeaderBytes + index * elementBytes;
    if (at + elementBytes > page.length) throw new BoltError(`${place} has ${count} elements, more than fit`);
    const start = at + view.getUint32(at, true);
    const end = start + view.getUint32(at + 4, true);
    if (end > page.length) throw new BoltError(`element ${index} of ${place} reaches beyond its page`);
    return { key: page.subarray(start, end), child: readCount(view, at + 8) };
  });
}

/** Order of keys: by bytes, the shorter first. */
export function compareKeys(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const difference = (a[at] as number) - (b[at] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
