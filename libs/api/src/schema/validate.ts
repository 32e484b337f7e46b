import { setOwn } from './own.ts';
import type { FieldError } from '../status.ts';
import { at, child, duplicate, invalidValue, notSupported, required } from '../validation/field-error.ts';
import { boundErrors, typeErrors } from './validate-value.ts';
import type { SchemaNode } from './node.ts';
import { shapeOf } from './shape.ts';

/** Errors are gathered up to this many: enough to act on, and hostile input must not grow an answer. */
const errorsMax = 100;
/** Characters that errors about enums take together: each names all that is allowed, which may be thousands of values. */
const enumTextMax = 256 * 1024;

/**
 * Validates an object against its schema: types, required, enum, bounds, pattern, format, lists that are sets or maps, and
 * allOf/anyOf/oneOf/not, in the words of apiextensions. Of built-ins, whose types the decoder has settled, a field that Go cannot
 * tell from its zero is never missing. CEL rules are compiled with the schema and evaluated by its caller.
 */
export function validateStructure(node: SchemaNode, object: unknown, path = ''): FieldError[] {
  const errors: FieldError[] = [];
  new Validator(errors).value(node, object, path);
  return errors;
}

class Validator {
  readonly #errors: FieldError[];
  #enumText = 0;

  constructor(errors: FieldError[]) {
    this.#errors = errors;
  }

  value(node: SchemaNode, value: unknown, path: string): void {
    if (this.#errors.length >= errorsMax || this.#enumText > enumTextMax) return;
    if (value === null && (node.nullable === true || node.proto !== undefined)) return;
    const wrong = typeErrors(node, value, path);
    if (wrong.length > 0) {
      this.#errors.push(...wrong);
      return;
    }
    if (node.enum !== undefined && !allowedBy(node.enum).has(canonical(value))) {
      const error = notSupported(path, value, node.enum.map((allowed) => (typeof allowed === 'string' ? allowed : JSON.stringify(allowed))));
      this.#enumText += error.message.length;
      this.#errors.push(error);
    }
    this.#errors.push(...boundErrors(node, value, path));
    this.#junctors(node, value, path);
    if (Array.isArray(value)) this.#list(node, value, path);
    else if (typeof value === 'object' && value !== null) this.#members(node, value as Record<string, unknown>, path);
  }

  #members(node: SchemaNode, members: Record<string, unknown>, path: string): void {
    const fields = node.proto === undefined ? undefined : shapeOf(node).fields;
    for (const name of node.required ?? []) {
      const field = fields?.get(name);
      if (field?.always === true && !field.pointer) continue;
      const absent = !Object.hasOwn(members, name) || (fields !== undefined && members[name] === null);
      if (absent) this.#errors.push(required(child(path, name)));
    }
    if (node.embeddedResource === true) this.#embedded(members, path);
    for (const name of Object.keys(members)) {
      const known = node.properties?.get(name);
      if (known !== undefined) {
        if (!(fields !== undefined && members[name] === null)) this.value(known, members[name], child(path, name));
      } else if (node.additionalProperties !== undefined) this.value(node.additionalProperties, members[name], child(path, name));
    }
  }

  /** An embedded resource names its kind and version. */
  #embedded(members: Record<string, unknown>, path: string): void {
    for (const name of ['apiVersion', 'kind']) if (typeof members[name] !== 'string' || members[name] === '') this.#errors.push(required(child(path, name), 'must not be empty'));
  }

  #list(node: SchemaNode, list: readonly unknown[], path: string): void {
    const seen = new Set<string>();
    list.forEach((item, index) => {
      if (node.items !== undefined) this.value(node.items, item, at(path, index));
      if (node.listType !== 'set' && node.listType !== 'map') return;
      const identity = node.listType === 'set' ? item : keysOf(node, item);
      const text = JSON.stringify(sorted(identity));
      if (seen.has(text)) this.#errors.push(duplicate(at(path, index), identity));
      seen.add(text);
    });
  }

  #junctors(node: SchemaNode, value: unknown, path: string): void {
    const where = path === '' ? '' : `${path} in body `;
    for (const part of node.allOf ?? []) this.value(part, value, path);
    const passing = (parts: readonly SchemaNode[]): number => parts.filter((part) => validateStructure(part, value, path).length === 0).length;
    if (node.anyOf !== undefined && passing(node.anyOf) === 0) this.#errors.push(invalidValue(path, value, `${where}must validate at least one schema (anyOf)`));
    if (node.oneOf !== undefined) {
      const count = passing(node.oneOf);
      if (count !== 1) this.#errors.push(invalidValue(path, value, `${where}must validate one and only one schema (oneOf). ${count === 0 ? 'Found none valid' : `Found ${count} valid alternatives`}`));
    }
    if (node.not !== undefined && passing([node.not]) === 1) this.#errors.push(invalidValue(path, value, `${where}must not validate the schema (not)`));
  }
}

/** What identifies an element of a list that is a map: its keys, with the defaults they have. */
function keysOf(node: SchemaNode, item: unknown): Record<string, unknown> {
  const keys: Record<string, unknown> = {};
  for (const name of node.listMapKeys ?? []) {
    const given = typeof item === 'object' && item !== null && Object.hasOwn(item, name) ? (item as Record<string, unknown>)[name] : undefined;
    const value = given ?? node.items?.properties?.get(name)?.default;
    if (value !== undefined) setOwn(keys, name, value);
  }
  return keys;
}

const allowedValues = new WeakMap<readonly unknown[], ReadonlySet<unknown>>();

/** A set, since a schema may allow thousands of values and a list hold thousands to look up. */
function allowedBy(values: readonly unknown[]): ReadonlySet<unknown> {
  const known = allowedValues.get(values);
  if (known !== undefined) return known;
  const made = new Set(values.map(canonical));
  allowedValues.set(values, made);
  return made;
}

/** What two values have in common that are the same JSON, whatever the order of their members; scalars as they are. No string is mistaken for an object. */
function canonical(value: unknown): unknown {
  return typeof value === 'string' ? `"${value}` : typeof value === 'object' ? JSON.stringify(sorted(value)) : value;
}

/** The same value with members in order of name, as arrays of pairs. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, member]): [string, unknown] => [name, sorted(member)]);
  return { entries: entries.toSorted(([a], [b]) => (a < b ? -1 : 1)) };
}
