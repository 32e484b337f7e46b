/** What one pass over the bytes of a JSON text tells before it is parsed. */
export interface Scan {
  /** Members written, so that duplicates show as a parse with fewer. */
  readonly members: number;
  /** Deepest nesting of objects and arrays. */
  readonly depth: number;
  /** There is a number that a double may not hold: sixteen digits or more, or an exponent. */
  readonly wideNumbers: boolean;
}

const quote = 0x22;
const backslash = 0x5c;
const safeDigits = 15;

/** Scans JSON text; of text that is not JSON the result means nothing. */
export function scanJson(bytes: Uint8Array): Scan {
  let members = 0;
  let depth = 0;
  let deepest = 0;
  let digits = 0;
  let wideNumbers = false;
  const end = bytes.length;
  for (let at = 0; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === quote) {
      at = endOfString(bytes, at + 1);
      digits = 0;
    } else if (byte >= 0x30 && byte <= 0x39) {
      if (++digits > safeDigits) wideNumbers = true;
    } else if (byte === 0x3a) {
      members++;
      digits = 0;
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > deepest) deepest = depth;
      digits = 0;
    } else {
      if (byte === 0x7d || byte === 0x5d) depth--;
      else if (digits > 0 && (byte === 0x65 || byte === 0x45)) wideNumbers = true;
      digits = 0;
    }
  }
  return { members, depth: deepest, wideNumbers };
}

/** Position of the closing quote. */
function endOfString(bytes: Uint8Array, from: number): number {
  let at = from;
  const end = bytes.length;
  while (at < end) {
    const byte = bytes[at] as number;
    if (byte === quote) return at;
    at += byte === backslash ? 2 : 1;
  }
  return end;
}

/** Members of all objects in a parsed value. */
export function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') count += countMembers(item);
    return count;
  }
  for (const key in value) {
    count++;
    const member = (value as Record<string, unknown>)[key];
    if (typeof member === 'object') count += countMembers(member);
  }
  return count;
}

/** Whether a value nests deeper than `depthMax`: what a patch has put together may. */
export function isDeeper(value: unknown, depthMax: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depthMax === 0) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object' && isDeeper(item, depthMax - 1)) return true;
    return false;
  }
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key];
    if (typeof member === 'object' && isDeeper(member, depthMax - 1)) return true;
  }
  return false;
}
