import { fillAlways, isDropped } from '../schema/canonicalise.ts';
import type { FieldShape, Shape } from '../schema/shape.ts';
import { canonicalBase64, canonicalDurationText, canonicalMicroTime, canonicalQuantityText, canonicalTime } from './scalars.ts';
import { joinPath } from './path.ts';

/** A value that Go could not read into the field: 400 in Kubernetes, never a field error. */
export class MismatchError extends Error {
  override readonly name = 'MismatchError';
}

/** State of one walk. */
export interface Admission {
  /** Paths of fields the schema does not know; they are dropped. */
  readonly unknown: string[];
}

/** Unknown fields are named up to this many, as an answer must stay small. */
const unknownFieldsMax = 100;
const int32Max = 2 ** 31 - 1;

/**
 * Reads a parsed JSON object into a built-in's shape, in place, as Go's decoder would: unknown fields go (and are noted), null
 * means absent, scalars get their canonical form, anything of a wrong type throws `MismatchError`. Objects keep the prototype
 * that JSON.parse gave them; no key that is not a known field is ever assigned, except on top of a member of that name. `path` is
 * where the value stands in the whole. `tidies`: it is brought into the form that Go would write as well (`canonicalise`), on the same walk.
 */
export function admit(shape: Shape, value: unknown, path: readonly (string | number)[] = [], tidies = false): Admission {
  const walk = new Walk(path, tidies);
  walk.value(shape, value);
  return walk;
}

type Members = Record<string, unknown>;

class Walk implements Admission {
  readonly unknown: string[] = [];
  /** Where the walk is, with indices. */
  readonly #path: (string | number)[];
  /** Which places of the path are keys of maps: Go does not name these in its errors. */
  readonly #mapKeys: number[] = [];
  /** The struct whose field is being read. */
  #struct = '';

  readonly #tidies: boolean;

  constructor(path: readonly (string | number)[], tidies: boolean) {
    this.#path = [...path];
    this.#tidies = tidies;
  }

  /** The admitted value; `undefined` stands for null. */
  value(shape: Shape, value: unknown): unknown {
    if (value === null) return shape.op === 'any' ? null : undefined;
    switch (shape.op) {
      case 'object':
        return this.#object(shape, value);
      case 'string':
        return typeof value === 'string' ? value : this.#mismatch(shape.goType, value);
      case 'bool':
        return typeof value === 'boolean' ? value : this.#mismatch(shape.goType, value);
      case 'int32':
        return Number.isInteger(value) && Math.abs(value as number) <= int32Max + 1 && value !== int32Max + 1 ? value : this.#mismatch(shape.goType, value);
      case 'int64':
        return Number.isSafeInteger(value) ? value : this.#mismatch(shape.goType, value);
      case 'double':
        return typeof value === 'number' ? value : this.#mismatch(shape.goType, value);
      case 'any':
        return value;
      case 'int-or-string':
        return typeof value === 'string' || Number.isInteger(value) ? value : this.#mismatch('intstr.IntOrString', value);
      case 'list':
        return this.#list(stringShape(shape), value);
      case 'schema-or-array':
        return Array.isArray(value) ? this.#list(shape.schema as Shape, value) : this.#object(shape.schema as Shape, value);
      case 'schema-or-bool':
        return typeof value === 'boolean' ? value : this.#object(shape.schema as Shape, value);
      case 'schema-or-strings':
        return Array.isArray(value) ? this.#list(stringShape(shape), value) : this.#object(shape.schema as Shape, value);
      default:
        return this.#text(shape, value);
    }
  }

  #object(shape: Shape, value: unknown): unknown {
    if (typeof value !== 'object' || Array.isArray(value)) return this.#mismatch(shape.goType, value);
    const members = value as Members;
    const outer = this.#struct;
    this.#struct = shape.struct;
    for (const key in members) {
      const field = shape.fields.get(key);
      this.#path.push(key);
      if (field === undefined) {
        if (this.unknown.length < unknownFieldsMax) this.unknown.push(joinPath(this.#path));
        delete members[key];
      } else {
        const given = members[key];
        const taken = this.#field(field, given);
        if (taken === undefined || (this.#tidies && !field.always && isDropped(field, taken))) delete members[key];
        else if (taken !== given) members[key] = taken;
      }
      this.#path.pop();
    }
    this.#struct = outer;
    if (this.#tidies) fillAlways(shape, members);
    return members;
  }

  #field(field: FieldShape, value: unknown): unknown {
    if (field.label === 'optional') return this.value(field.shape, value);
    if (value === null) return undefined;
    return field.label === 'repeated' ? this.#list(field.shape, value) : this.#map(field.shape, value);
  }

  #list(element: Shape, value: unknown): unknown {
    if (!Array.isArray(value)) return this.#mismatch(`[]${element.goType}`, value);
    for (let index = 0; index < value.length; index++) {
      this.#path.push(index);
      const taken = this.value(element, value[index]);
      value[index] = taken === undefined ? zeroOf(element) : taken;
      this.#path.pop();
    }
    return value;
  }

  #map(element: Shape, value: unknown): unknown {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.#mismatch(`map[string]${element.goType}`, value);
    const members = value as Members;
    for (const key in members) {
      const given = members[key];
      this.#mapKeys.push(this.#path.length);
      this.#path.push(key);
      const taken = this.value(element, given);
      // An own member of that name exists, so that this is not a way to a prototype even when the key is `__proto__`.
      if (taken !== given) members[key] = taken === undefined ? zeroOf(element) : taken;
      this.#path.pop();
      this.#mapKeys.pop();
    }
    return members;
  }

  #text(shape: Shape, value: unknown): unknown {
    if (shape.op === 'quantity') {
      const quantity = typeof value === 'string' || typeof value === 'number' ? canonicalQuantityText(value) : undefined;
      if (quantity === undefined) throw new MismatchError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
      return quantity;
    }
    if (typeof value !== 'string') return this.#mismatch('string', value);
    const taken = this.#canonical(shape, value);
    if (taken !== undefined) return taken;
    if (shape.op === 'bytes') throw new MismatchError(`illegal base64 data in field "${joinPath(this.#path)}"`);
    if (shape.op === 'duration') throw new MismatchError(`time: invalid duration ${JSON.stringify(value.slice(0, 64))}`);
    throw new MismatchError(`parsing time ${JSON.stringify(value.slice(0, 64))} as "2006-01-02T15:04:05Z07:00": it is not such a time`);
  }

  #canonical(shape: Shape, value: string): string | undefined {
    switch (shape.op) {
      case 'time':
        return canonicalTime(value);
      case 'micro-time':
        return canonicalMicroTime(value);
      case 'duration':
        return canonicalDurationText(value);
      case 'bytes':
        return canonicalBase64(value);
      default:
        return value;
    }
  }

  #mismatch(goType: string, value: unknown): never {
    const fields = this.#path.filter((step, index) => typeof step === 'string' && !this.#mapKeys.includes(index)).join('.');
    const target = this.#struct === '' ? 'Go value' : `Go struct field ${this.#struct}.${fields}`;
    throw new MismatchError(`json: cannot unmarshal ${jsonKind(value)} into ${target} of type ${goType}`);
  }
}

function stringShape(shape: Shape): Shape {
  const field = shape.wire.find((f) => f.type === 'string' && f.label === 'repeated');
  if (field === undefined) throw new Error(`${shape.goType} holds no list of strings`);
  return field.shape;
}

/** Go's zero value of an element of a list or map. */
function zeroOf(shape: Shape): unknown {
  switch (shape.op) {
    case 'object':
      return {};
    case 'bool':
      return false;
    case 'int32':
    case 'int64':
    case 'double':
    case 'int-or-string':
      return 0;
    case 'quantity':
      return '0';
    case 'duration':
      return '0s';
    case 'list':
      return [];
    case 'any':
    case 'time':
    case 'micro-time':
      return null;
    default:
      return '';
  }
}

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return `number ${value}`;
  return typeof value === 'string' ? 'string' : 'object';
}
