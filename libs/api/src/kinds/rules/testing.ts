import { describe as suite, expect, test } from 'vitest';
import { decodeValue } from '../../decode/index.ts';
import { deepCopy } from '../../patch/values.ts';
import type { KubeObject } from '../../resource.ts';
import { normalise } from '../../schema/index.ts';
import type { FieldError } from '../../status.ts';
import type { KindDefinition } from '../kind.ts';
import { kindRegistry } from '../registry.ts';

/*
 * Tables of rules, for tests only: each case names the rule it is about, what makes a good object bad, and the refusals in the order in
 * which they come. A refusal is given by its beginning, `field: Reason: text`; there may be no others.
 */

/** A case as it is told apart from others: the kind or kinds it is about, the rule it names. */
export interface NamedCase {
  readonly about: 'create' | 'update' | 'defaults';
  readonly of: string;
  readonly rule: string;
}

let collected: NamedCase[] | undefined;

/** The names of the cases of some modules, without running them. */
export async function casesOf(modules: readonly (() => Promise<unknown>)[]): Promise<readonly NamedCase[]> {
  const names: NamedCase[] = [];
  collected = names;
  try {
    for (const load of modules) await load();
  } finally {
    collected = undefined;
  }
  return names;
}

function describe(name: string, about: NamedCase['about'], of: string, cases: readonly (readonly [string, ...unknown[]])[], tests: () => void): void {
  if (collected === undefined) suite(name, tests);
  else collected.push(...cases.map(([rule]) => ({ about, of, rule })));
}

/** Rule, the fields to set (`spec.ports[0].port`; `undefined` removes), the refusals. None: the change is fine. */
export type RuleCase = readonly [rule: string, change: Readonly<Record<string, unknown>>, ...refusals: readonly string[]];

/** Group, version and kind, as `apps/v1 Deployment`. */
export function kindNamed(name: string): KindDefinition {
  const [apiVersion = '', kind = ''] = name.split(' ');
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const found = kindRegistry.byKind(group, version, kind);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

function kindOf(name: string): string {
  return name.split(' ')[1] ?? name;
}

/** A new object as the pipeline has it before validation. */
export function made(kind: KindDefinition, value: object): KubeObject {
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  const full = { apiVersion, kind: kind.kind, ...structuredClone(value) } as Record<string, unknown>;
  const given = { name: 'x', ...(kind.namespaced ? { namespace: 'default' } : {}), ...(full['metadata'] as object | undefined) };
  const metadata = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const decoded = decodeValue({ ...full, metadata }, { expected: kind, fieldValidation: 'Strict' }).object as unknown as KubeObject;
  const object = normalise(kind, decoded);
  if (kind.verbs.includes('get')) object.metadata.uid ??= 'uid';
  kind.prepareForCreate?.(object);
  return normalise(kind, object);
}

/** What creates refuse. `of`: the part of the kind the rules are about, when it is not the kind itself (PodSpec). */
export function createRules(name: string, good: object, cases: readonly RuleCase[], of = kindOf(name)): void {
  const kind = kindNamed(name);
  describe(`${of} on create`, 'create', of, cases, () => {
    test('a good one is fine', () => expect(texts(kind.validate?.(made(kind, good)))).toEqual([]));
    test.each(cases.map((c, i) => [`${of} | ${c[0]} | ${i}`, c] as const))('%s', (_, [, change, ...refusals]) => {
      expectRefusals(kind.validate?.(made(kind, withChange(good, change))), refusals);
    });
  });
}

/** What updates of the object itself refuse; `stored`: what the stored object has beyond what a create can set, its status. */
export function updateRules(name: string, good: object, cases: readonly RuleCase[], stored: object = {}): void {
  changeRules(name, good, stored, 'on update', cases, (kind, next, old) => {
    const object = normalise(kind, next);
    kind.prepareForUpdate?.(object, old);
    return [...(kind.validate?.(object, old) ?? []), ...(kind.validateUpdate?.(object, old) ?? [])];
  });
}

/** What writes to `status` refuse. */
export function statusRules(name: string, good: object, cases: readonly RuleCase[], stored: object = {}): void {
  changeRules(name, good, stored, 'on status update', cases, (kind, next, old) => {
    kind.prepareForStatusUpdate?.(next, old);
    return kind.validateStatusUpdate?.(next, old) ?? [];
  });
}

function changeRules(name: string, good: object, stored: object, when: string, cases: readonly RuleCase[], check: (kind: KindDefinition, next: KubeObject, old: KubeObject) => FieldError[]): void {
  const kind = kindNamed(name);
  describe(`${kind.kind} ${when}`, 'update', kind.kind, cases, () => {
    test.each(cases.map((c, i) => [`${kind.kind} | ${c[0]} | ${i}`, c] as const))('%s', (_, [, change, ...refusals]) => {
      const old = Object.assign(made(kind, good), structuredClone(stored));
      old.metadata.resourceVersion = '1';
      const next = withChange(normalise(kind, old), change);
      expectRefusals(check(kind, next, deepCopy(old)), refusals);
    });
  });
}

/** What each kind fills in: fields of the object after a create, `undefined` for one that must not be there. */
export function defaultRules(name: string, cases: readonly (readonly [rule: string, given: object, expected: Readonly<Record<string, unknown>>])[], of = kindOf(name)): void {
  const kind = kindNamed(name);
  describe(`${of} defaults`, 'defaults', of, cases, () => {
    test.each(cases.map((c, i) => [`${of} | ${c[0]} | ${i}`, c] as const))('%s', (_, [, given, expected]) => {
      const object = made(kind, given);
      for (const [path, value] of Object.entries(expected)) expect([path, valueAt(object, path)]).toEqual([path, value]);
    });
  });
}

const reasons: Readonly<Record<string, string>> = {
  'Required value': 'FieldValueRequired', 'Invalid value': 'FieldValueInvalid', 'Unsupported value': 'FieldValueNotSupported', Forbidden: 'FieldValueForbidden',
  'Duplicate value': 'FieldValueDuplicate', 'Too long': 'FieldValueTooLong', 'Too many': 'FieldValueTooMany', 'Not found': 'FieldValueNotFound', 'Type invalid': 'FieldValueTypeInvalid',
};

function expectRefusals(errors: readonly FieldError[] | undefined, refusals: readonly string[]): void {
  const lines = texts(errors);
  expect(lines.map((line, i) => (refusals[i] !== undefined && line.startsWith(refusals[i]) ? refusals[i] : line))).toEqual(refusals);
  for (const { type, message } of errors ?? []) expect([message, type]).toEqual([message, reasons[message.split(':')[0] ?? '']]);
}

function texts(errors: readonly FieldError[] | undefined): string[] {
  return (errors ?? []).map((e) => `${e.field}: ${e.message}`);
}

type Members = Record<string, unknown>;

/** A copy with other values at some paths. */
export function withChange<T extends object>(value: T, change: Readonly<Record<string, unknown>>): T {
  const copy = structuredClone(value);
  for (const [path, to] of Object.entries(change)) {
    const keys = keysOf(path);
    const last = keys.pop() ?? '';
    let at = copy as Members;
    for (const [i, key] of keys.entries()) at = (at[key] ??= /^\d+$/.test(keys[i + 1] ?? last) ? [] : {}) as Members;
    if (to === undefined) delete at[last];
    else at[last] = to;
  }
  return copy;
}

function valueAt(object: unknown, path: string): unknown {
  return keysOf(path).reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? (value as Members)[key] : undefined), object);
}

function keysOf(path: string): string[] {
  return [...path.matchAll(/[^.[\]]+|\[([^\]]*)\]/g)].map((match) => match[1] ?? match[0]);
}
