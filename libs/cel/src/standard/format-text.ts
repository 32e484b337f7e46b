import { EvaluationError } from '../run/error.ts';
import { Duration, isList, isMap, ObjectValue, Timestamp, TypeValue, typeNameOf, Uint, type Value } from '../run/value.ts';
import { doubleText } from './conversions.ts';
import { formatDuration, formatTimestamp } from './time-text.ts';

const precisionMax = 100;

/** `text.format(values)` of cel-go's `strings` extension: %s %d %f %e %b %x %X %o and %%. Throws `EvaluationError`. */
export function formatText(text: string, values: readonly Value[]): string {
  let next = 0;
  const made = text.replace(/%(?:(%)|(?:\.(\d+))?([a-zA-Z])|())/g, (_all, percent: string | undefined, precision: string | undefined, verb: string | undefined) => {
    if (percent !== undefined) return '%';
    if (verb === undefined) throw new EvaluationError('unexpected end of string');
    const value = values[next++];
    if (value === undefined) throw new EvaluationError(`index ${next - 1} out of range`);
    return clause(verb, precision === undefined ? undefined : Number(precision), value);
  });
  if (next < values.length) throw new EvaluationError(`too many arguments supplied to string.format (expected ${next}, got ${values.length})`);
  return made;
}

function clause(verb: string, precision: number | undefined, value: Value): string {
  if (precision !== undefined && precision > precisionMax) throw new EvaluationError(`precision of ${precision} is too large`);
  switch (verb) {
    case 's':
      return plain(value);
    case 'd':
      if (typeof value === 'bigint') return String(value);
      if (value instanceof Uint) return String(value.value);
      break;
    case 'f':
      return isFinite(value) ? asNumber(value).toFixed(precision ?? 6) : special(value);
    case 'e':
      return isFinite(value) ? asNumber(value).toExponential(precision ?? 6).replace(/e([+-])(\d)$/, 'e$10$2') : special(value);
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0';
      return inBase(value, 2);
    case 'o':
      return inBase(value, 8);
    case 'x':
      return hex(value);
    case 'X':
      return hex(value).toUpperCase();
  }
  throw new EvaluationError(`could not parse formatting clause: unrecognized formatting clause "${verb}" for ${typeNameOf(value)}`);
}

const isFinite = (value: Value): boolean => typeof value !== 'number' || Number.isFinite(value);

function special(value: Value): string {
  return Number.isNaN(value) ? 'NaN' : value === Infinity ? 'Infinity' : '-Infinity';
}

function asNumber(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint) return Number(value.value);
  throw new EvaluationError(`fixed-point clause can only be used on doubles, was given ${typeNameOf(value)}`);
}

function inBase(value: Value, base: number): string {
  if (typeof value === 'bigint') return value.toString(base);
  if (value instanceof Uint) return value.value.toString(base);
  throw new EvaluationError(`only integers can be formatted in base ${base}, was given ${typeNameOf(value)}`);
}

function hex(value: Value): string {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  if (bytes instanceof Uint8Array) return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return inBase(value, 16);
}

/** A value as text, as `%s` shows it. */
function plain(value: Value): string {
  if (typeof value === 'string') return value;
  if (value === null) return 'null';
  if (typeof value === 'number') return doubleText(value).replace('+Inf', 'Infinity').replace('-Inf', '-Infinity');
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (value instanceof Timestamp) return formatTimestamp(value.nanos);
  if (value instanceof Duration) return formatDuration(value.nanos);
  if (value instanceof TypeValue) return value.name;
  if (isList(value)) return `[${value.map(plain).join(', ')}]`;
  const entries = isMap(value) ? [...value] : value instanceof ObjectValue ? [...value.fields] : undefined;
  if (entries === undefined) throw new EvaluationError(`string clause cannot be used on ${typeNameOf(value)}`);
  return `{${entries.map(([key, item]) => [String(key), plain(item)] as const).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, text]) => `${key}: ${text}`).join(', ')}}`;
}
