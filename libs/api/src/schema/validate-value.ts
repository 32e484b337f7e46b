import { parseTime } from '@rhythm/base';
import { parseDuration } from '../duration.ts';
import type { FieldError } from '../status.ts';
import { invalidValue, tooLong, tooMany } from '../validation/field-error.ts';
import { canonicalBase64 } from '../decode/scalars.ts';
import { matchesPattern } from './pattern.ts';
import type { SchemaNode } from './node.ts';

/** Errors of type and format: nothing else about the value is worth saying then. */
export function typeErrors(node: SchemaNode, value: unknown, path: string): FieldError[] {
  const kind = kindOf(value);
  if (node.intOrString === true) return kind === 'integer' || kind === 'string' || (node.scalar === 'quantity' && kind === 'number') ? [] : [wrongType(path, 'integer,string', kind)];
  if (node.type !== undefined && node.type !== kind && !(node.type === 'number' && kind === 'integer')) return [wrongType(path, node.type, kind)];
  const { format } = node;
  if (format === undefined) return [];
  if (typeof value === 'string' && formats[format]?.(value) === false) return [wrongType(path, format, JSON.stringify(value), JSON.stringify(value))];
  if (format === 'int32' && typeof value === 'number' && (value > 2 ** 31 - 1 || value < -(2 ** 31))) return [invalidValue(path, value, `${inBody(path)}must be of type int32: ${JSON.stringify(String(value))}`)];
  return [];
}

/** Errors of minimum, length, pattern and their like. */
export function boundErrors(node: SchemaNode, value: unknown, path: string): FieldError[] {
  const { bounds } = node;
  if (bounds === undefined) return [];
  if (typeof value === 'number') return numberErrors(bounds, value, path);
  if (typeof value === 'string') return stringErrors(bounds, value, path);
  const errors: FieldError[] = [];
  if (Array.isArray(value)) {
    if (bounds.maxItems !== undefined && value.length > bounds.maxItems) errors.push(tooMany(path, value.length, bounds.maxItems));
    if (bounds.minItems !== undefined && value.length < bounds.minItems) errors.push(invalidValue(path, value.length, `${inBody(path)}should have at least ${bounds.minItems} items`));
    if (bounds.uniqueItems === true && new Set(value.map((item) => JSON.stringify(item))).size < value.length) errors.push(invalidValue(path, value, `${inBody(path)}shouldn't contain duplicates`));
  } else if (typeof value === 'object' && value !== null) {
    const count = Object.keys(value).length;
    if (bounds.maxProperties !== undefined && count > bounds.maxProperties) errors.push(tooMany(path, count, bounds.maxProperties));
    if (bounds.minProperties !== undefined && count < bounds.minProperties) errors.push(invalidValue(path, count, `${inBody(path)}should have at least ${bounds.minProperties} properties`));
  }
  return errors;
}

type Bounds = NonNullable<SchemaNode['bounds']>;

function numberErrors(bounds: Bounds, value: number, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const say = (text: string): void => void errors.push(invalidValue(path, value, `${inBody(path)}should be ${text}`));
  const { minimum, maximum, multipleOf } = bounds;
  if (minimum !== undefined) {
    if (bounds.exclusiveMinimum === true && value <= minimum) say(`greater than ${minimum}`);
    else if (value < minimum) say(`greater than or equal to ${minimum}`);
  }
  if (maximum !== undefined) {
    if (bounds.exclusiveMaximum === true && value >= maximum) say(`less than ${maximum}`);
    else if (value > maximum) say(`less than or equal to ${maximum}`);
  }
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) say(`a multiple of ${multipleOf}`);
  return errors;
}

function stringErrors(bounds: Bounds, value: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { minLength, maxLength, pattern } = bounds;
  const length = minLength === undefined && maxLength === undefined ? 0 : lengthOf(value);
  if (maxLength !== undefined && length > maxLength) errors.push(tooLong(path, maxLength));
  if (minLength !== undefined && length < minLength) errors.push(invalidValue(path, value, `${inBody(path)}should be at least ${minLength} chars long`));
  // Matching costs time with the length: a text that is too long is not looked at.
  if (pattern !== undefined && errors.length === 0 && !matchesPattern(pattern, value)) errors.push(invalidValue(path, value, `${inBody(path)}should match '${pattern}'`));
  return errors;
}

/** Code points, as Go counts runes. */
function lengthOf(text: string): number {
  let count = 0;
  for (const _point of text) count++;
  return count;
}

function wrongType(path: string, type: string, given: string, shown = JSON.stringify(given)): FieldError {
  return { type: 'FieldValueTypeInvalid', field: path, message: `Invalid value: ${shown}: ${inBody(path)}must be of type ${type}: ${shown}` };
}

function inBody(path: string): string {
  return path === '' ? '' : `${path} in body `;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

const octet = '(25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const ipv4 = new RegExp(`^${octet}(\\.${octet}){3}$`);

/** The formats that are checked; all others are notes for the reader, as upstream. */
const formats: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': (text) => parseTime(text) !== undefined,
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text) && parseTime(`${text}T00:00:00Z`) !== undefined,
  duration: (text) => parseDuration(text) !== undefined,
  byte: (text) => canonicalBase64(text) !== undefined,
  uuid: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
  ipv4: (text) => ipv4.test(text),
  ipv6: isIpv6,
  cidr: (text) => {
    const [address = '', length = '', ...more] = text.split('/');
    if (more.length > 0 || !/^\d{1,3}$/.test(length)) return false;
    return (ipv4.test(address) && Number(length) <= 32) || (isIpv6(address) && Number(length) <= 128);
  },
  mac: (text) => /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(text),
  email: (text) => /^[^\s@]+@[^\s@]+$/.test(text),
  hostname: (text) => text.length <= 255 && /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/i.test(text),
};

function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2 || !text.includes(':')) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const dotted = last.includes('.');
  if (dotted && !ipv4.test(last)) return false;
  const plain = dotted ? groups.slice(0, -1) : groups;
  const count = plain.length + (dotted ? 2 : 0);
  return plain.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) && (halves.length === 2 ? count < 8 : count === 8);
}
