import { canonicalDuration } from '../duration.ts';
import { canonicalQuantity } from '../quantity.ts';
import { formatMicroTime, formatTime, parseTime } from '@rhythm/base';

/** Canonical forms of the scalars that have one. Each returns `undefined` for what is not such a scalar. */

export function canonicalTime(text: string): string | undefined {
  if (isPlainTime(text)) return text;
  const at = parseTime(text);
  return at === undefined ? undefined : formatTime(at);
}

/** Six fraction digits, cut and not rounded. */
export function canonicalMicroTime(text: string): string | undefined {
  const at = parseTime(text);
  if (at === undefined) return undefined;
  const digits = /\.(\d+)/.exec(text)?.[1] ?? '';
  return `${formatMicroTime(at).slice(0, 19)}.${digits.slice(0, 6).padEnd(6, '0')}Z`;
}

export function canonicalDurationText(text: string): string | undefined {
  return canonicalDuration(text);
}

export function canonicalQuantityText(value: string | number): string | undefined {
  if (isPlainQuantity(value)) return value;
  try {
    return canonicalQuantity(value);
  } catch {
    return undefined;
  }
}

/** Canonical base64 without line breaks. */
export function canonicalBase64(text: string): string | undefined {
  const plain = /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, '') : text;
  if (plain.length % 4 !== 0) return undefined;
  let end = plain.length;
  for (let padding = 0; padding < 2 && end > 0 && plain.charCodeAt(end - 1) === 0x3d; padding++) end--;
  for (let at = 0; at < end; at++) if (!isBase64(plain.charCodeAt(at))) return undefined;
  return plain;
}

function isBase64(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x2f && code <= 0x39) || code === 0x2b;
}

/** Whether a time is in canonical form already and surely a date: what is doubtful goes the long way. */
function isPlainTime(text: string): boolean {
  if (text.length !== 20 || text.charCodeAt(19) !== 0x5a) return false;
  const plain = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
  return plain.test(text);
}

/** `100m` to `999m`, `1` to `999`, and the like with one suffix: already canonical when not divisible into the next unit. */
function isPlainQuantity(value: string | number): value is string {
  return typeof value === 'string' && (/^[1-9]\d{0,2}(?:[kMGT]|[KMGT]i)?$/.test(value) || /^(?:0|[1-9]\d{0,2}m)$/.test(value)) && value !== '';
}
