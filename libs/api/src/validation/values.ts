import { percentOf } from '../int-or-string.ts';
import type { IntOrString } from '../int-or-string.ts';
import type { FieldError } from '../status.ts';
import { at, child, duplicate, invalidEach, invalidValue, notSupported, ofEach, required } from './field-error.ts';
import { checkDns1123Subdomain, checkHttpPath, checkPortName, checkPortNumber } from './names.ts';
import { semanticEqual } from './semantic-equal.ts';

/* Rules of single values that many kinds share. Absent values, and the null that some fields say it with, pass unless it says otherwise. */

export function nonNegative(value: number | undefined, path: string): FieldError[] {
  return value !== undefined && value < 0 ? [invalidValue(path, value, 'must be greater than or equal to 0')] : [];
}

export function positive(value: number | undefined, path: string): FieldError[] {
  return value !== undefined && value <= 0 ? [invalidValue(path, value, 'must be greater than 0')] : [];
}

function isAbsent(value: string | undefined | null): value is '' | undefined | null {
  return value === undefined || value === null || value === '';
}

/** One of a closed set; an empty value is missing where it is needed. */
export function oneOf(value: string | undefined | null, path: string, supported: readonly string[], need: 'required' | 'optional' = 'optional'): FieldError[] {
  if (isAbsent(value)) return need === 'required' ? [required(path)] : [];
  return supported.includes(value) ? [] : [notSupported(path, value, supported)];
}

/** The messages of a syntax rule as errors of a field; an absent or empty value passes. */
export function checked(value: string | undefined | null, path: string, rule: (value: string) => string[]): FieldError[] {
  return isAbsent(value) ? [] : invalidEach(rule(value), path, value);
}

/** The same, for a value that must be there. */
export function requiredChecked(value: string | undefined | null, path: string, rule: (value: string) => string[] = () => []): FieldError[] {
  return isAbsent(value) ? [required(path)] : checked(value, path, rule);
}

/** A field that keeps its value. */
export function immutable(value: unknown, old: unknown, path: string): FieldError[] {
  return semanticEqual(value, old) ? [] : [invalidValue(path, value ?? null, 'field is immutable')];
}

/** An integer from 0 or a percentage. */
export function intOrPercent(value: IntOrString | undefined, path: string): FieldError[] {
  if (value === undefined) return [];
  if (typeof value === 'number') return nonNegative(value, path);
  if (percentOf(value) !== undefined) return [];
  const detail = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
  return [invalidValue(path, value, detail)];
}

/** A percentage that is not above 100. */
export function atMost100Percent(value: IntOrString | undefined, path: string): FieldError[] {
  const percent = value === undefined ? undefined : percentOf(value);
  return percent !== undefined && percent > 100 ? [invalidValue(path, value, 'must not be greater than 100%')] : [];
}

/** A domain and a path under it, as `example.com/controller`, which must be there. What is wrong with a part is said of that part. */
export function domainPath(value: string | undefined, path: string): FieldError[] {
  if (isAbsent(value)) return [required(path)];
  const slash = value.indexOf('/');
  const [domain, rest] = [value.slice(0, Math.max(slash, 0)), value.slice(slash + 1)];
  if (domain === '' || rest === '') return [invalidValue(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  return [...invalidEach(checkDns1123Subdomain(domain), path, domain), ...invalidEach(checkHttpPath(rest), path, rest)];
}

/** A map as errors show it: by its keys, as Go writes one. */
export function inOrder<T>(map: Readonly<Record<string, T>> | undefined): Readonly<Record<string, T>> | null {
  if (map === undefined) return null;
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A port's number, or its name. */
export function portNumberOrName(port: IntOrString | undefined, path: string): FieldError[] {
  if (typeof port === 'string') return invalidEach(checkPortName(port), path, port);
  return invalidEach(checkPortNumber(port ?? 0), path, port ?? 0);
}

/** The errors of every item of a list, each under its index. */
export function each<T>(items: readonly T[] | undefined, path: string, rule: (item: T, path: string) => readonly FieldError[]): FieldError[] {
  return ofEach(items, (item, i) => rule(item, at(path, i)));
}

/** Keys that come again: an error at every one but the first. An absent or empty key counts for nothing. */
export function distinct<T>(items: readonly T[] | undefined, path: string, keyOf: (item: T) => string | undefined, below = ''): FieldError[] {
  if (items === undefined || items.length < 2) return [];
  const seen = new Set<string>();
  return each(items, path, (item, here) => {
    const key = keyOf(item) ?? '';
    if (key === '' || !seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [duplicate(below === '' ? here : child(here, below), key)];
  });
}
