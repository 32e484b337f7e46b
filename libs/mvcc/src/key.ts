/**
 * Keys as JavaScript strings with one character per byte: comparing two of them with `<` is comparing bytes, they
 * take one byte per character in memory, and they work as map keys.
 */
export type KeyText = string;

export function keyText(bytes: Uint8Array): KeyText {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

export function keyBytes(text: KeyText): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** A half-open interval of keys; `end` undefined: without an upper bound. */
export interface KeyRange {
  readonly start: KeyText;
  readonly end: KeyText | undefined;
}

/** The interval of an etcd request: no range end is the key alone, a single zero byte is everything from the key on. */
export function keyRange(key: Uint8Array, rangeEnd: Uint8Array): KeyRange {
  const start = keyText(key);
  if (rangeEnd.length === 0) return { start, end: `${start}\0` };
  if (rangeEnd.length === 1 && rangeEnd[0] === 0) return { start, end: undefined };
  return { start, end: keyText(rangeEnd) };
}

export function inRange(range: KeyRange, key: KeyText): boolean {
  return key >= range.start && (range.end === undefined || key < range.end);
}

/** True when the range holds exactly one possible key. */
export function isSingle(range: KeyRange): boolean {
  return range.end !== undefined && range.end.length === range.start.length + 1 && range.end.endsWith('\0') && range.end.startsWith(range.start);
}

/** The first key after all keys with `prefix` (etcd's prefix end); undefined when there is none. */
export function prefixEnd(prefix: Uint8Array): Uint8Array | undefined {
  for (let at = prefix.length - 1; at >= 0; at--) {
    const byte = prefix[at] ?? 0;
    if (byte < 0xff) {
      // A Buffer's own slice would be a view, and writing into it would change the prefix.
      const end = new Uint8Array(prefix.subarray(0, at + 1));
      end[at] = byte + 1;
      return end;
    }
  }
  return undefined;
}
