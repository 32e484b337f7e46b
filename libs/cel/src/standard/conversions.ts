import { overloads, readCost, type Overload, type Sizes } from '../check/overload.ts';
import { EvaluationError } from '../run/error.ts';
import { Duration, int, Timestamp, TypeValue, typeNameOf, Uint, type MapKey, type Value } from '../run/value.ts';
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from './time-text.ts';

const size = ([of = 1]: Sizes): number => of;
const number = (): number => 32;
const nanosPerSecond = 1_000_000_000n;

/** Conversions between types, `size` and `type` (cel-spec "Standard Definitions"). */
export const conversions: readonly Overload[] = overloads([
  ['dyn(A): dyn', (value: Value) => value],
  ['type(A): type', (value: Value) => new TypeValue(typeNameOf(value))],
  ...['string', 'bytes', 'list<A>', 'map<A, B>'].flatMap((type) => [
    [`size(${type}): int`, lengthOf] as const,
    [`(${type}).size(): int`, lengthOf] as const,
  ]),
  ['bool(bool): bool', (value: boolean) => value],
  ['bool(string): bool', toBool],
  ['int(int): int', (value: bigint) => value],
  ['int(uint): int', (value: Uint) => int(value.value)],
  ['int(double): int', (value: number) => int(truncated(value))],
  ['int(string): int', (text: string) => int(wholeNumber(text, /^[+-]?\d+$/)), readCost],
  ['int(timestamp): int', (at: Timestamp) => floorDivide(at.nanos, nanosPerSecond)],
  ['int(duration): int', (duration: Duration) => duration.nanos],
  ['uint(uint): uint', (value: Uint) => value],
  ['uint(int): uint', (value: bigint) => new Uint(value)],
  ['uint(double): uint', (value: number) => new Uint(truncated(value))],
  ['uint(string): uint', (text: string) => new Uint(wholeNumber(text, /^\+?\d+$/)), readCost],
  ['double(double): double', (value: number) => value],
  ['double(int): double', (value: bigint) => Number(value)],
  ['double(uint): double', (value: Uint) => Number(value.value)],
  ['double(string): double', toDouble, readCost],
  ['string(string): string', (value: string) => value],
  ['string(bool): string', (value: boolean) => String(value), undefined, number],
  ['string(int): string', (value: bigint) => String(value), undefined, number],
  ['string(uint): string', (value: Uint) => String(value.value), undefined, number],
  ['string(double): string', doubleText, undefined, number],
  ['string(bytes): string', fromUtf8, readCost, size],
  ['string(timestamp): string', (at: Timestamp) => formatTimestamp(at.nanos), undefined, number],
  ['string(duration): string', (duration: Duration) => formatDuration(duration.nanos), undefined, number],
  ['bytes(bytes): bytes', (value: Uint8Array) => value],
  ['bytes(string): bytes', (text: string) => new TextEncoder().encode(text), readCost, size],
  ['timestamp(timestamp): timestamp', (at: Timestamp) => at],
  ['timestamp(int): timestamp', (seconds: bigint) => new Timestamp(seconds * nanosPerSecond)],
  ['timestamp(string): timestamp', (text: string) => new Timestamp(required(parseTimestamp(text), `invalid timestamp ${JSON.stringify(text)}`)), readCost],
  ['duration(duration): duration', (duration: Duration) => duration],
  ['duration(int): duration', (nanos: bigint) => new Duration(nanos)],
  ['duration(string): duration', (text: string) => new Duration(required(parseDuration(text), `time: invalid duration ${JSON.stringify(text)}`)), readCost],
]);

function lengthOf(value: string | Uint8Array | readonly Value[] | ReadonlyMap<MapKey, Value>): bigint {
  if (typeof value === 'string') return BigInt(codePoints(value));
  return BigInt('size' in value ? value.size : value.length);
}

/** The length of a text in code points. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length - 1; at++) if (isPairAt(text, at)) count--;
  return count;
}

function isPairAt(text: string, at: number): boolean {
  const high = text.charCodeAt(at);
  const low = text.charCodeAt(at + 1);
  return high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff;
}

function toBool(text: string): boolean {
  if (['1', 't', 'true', 'T', 'TRUE', 'True'].includes(text)) return true;
  if (['0', 'f', 'false', 'F', 'FALSE', 'False'].includes(text)) return false;
  throw new EvaluationError(`type conversion error from string to bool`);
}

function truncated(value: number): bigint {
  if (!Number.isFinite(value)) throw new EvaluationError('integer overflow');
  return BigInt(Math.trunc(value));
}

/** The digits of a 64-bit number fit into 20 characters; longer text is refused before it costs anything. */
function wholeNumber(text: string, pattern: RegExp): bigint {
  if (text.length > 20 || !pattern.test(text)) throw new EvaluationError(`strconv.ParseInt: parsing ${JSON.stringify(text.slice(0, 64))}: invalid syntax`);
  return BigInt(text.replace(/^\+/, ''));
}

function toDouble(text: string): number {
  const special = /^([+-]?)(?:inf|infinity)$/i.exec(text);
  if (special !== null) return special[1] === '-' ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) throw new EvaluationError(`strconv.ParseFloat: parsing ${JSON.stringify(text.slice(0, 64))}: invalid syntax`);
  return Number(text);
}

/** As Go's shortest form: exponents below 1e-4 and from 1e21 on. */
export function doubleText(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  if (Object.is(value, -0)) return '-0';
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-4 && size < 1e21) || Number.isNaN(value)) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

function fromUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new EvaluationError('invalid UTF-8 in bytes, cannot convert to string', { cause: error });
  }
}

export function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

function required(value: bigint | undefined, message: string): bigint {
  if (value === undefined) throw new EvaluationError(message);
  return value;
}
