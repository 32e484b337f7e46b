import { unescapeName } from './name.ts';
import { EvaluationError } from './error.ts';
import { isList, isMap, mapKey, ObjectValue, typeNameOf, type Value } from './value.ts';

/** `value.field`. Throws `EvaluationError` when it is not there. */
export function fieldOf(value: Value, field: string): Value {
  const found = find(value, field);
  if (found === undefined) throw new EvaluationError(`no such key: ${field}`);
  return found;
}

/** `has(value.field)`. Throws `EvaluationError` when the value has no fields at all. */
export function hasField(value: Value, field: string): boolean {
  return find(value, field) !== undefined;
}

function find(value: Value, field: string): Value | undefined {
  if (value instanceof ObjectValue) return value.fields.get(field);
  // Objects of no known type are maps by their JSON names; what is no name in the language is written escaped.
  if (isMap(value)) return value.get(field) ?? value.get(unescapeName(field) ?? field);
  throw new EvaluationError(`type '${typeNameOf(value)}' does not support field selection`);
}

/** `value[key]`; undefined when it is not there. */
export function indexOf(value: Value, key: Value): Value | undefined {
  const place = mapKey(key);
  if (isList(value)) {
    if (typeof place !== 'bigint') throw new EvaluationError(`unsupported index type '${typeNameOf(key)}' in list`);
    return place >= 0n && place < BigInt(value.length) ? value[Number(place)] : undefined;
  }
  if (isMap(value)) return place === undefined ? undefined : value.get(place);
  if (value instanceof ObjectValue && typeof key === 'string') return value.fields.get(key);
  throw new EvaluationError(`no such overload: _[_](${typeNameOf(value)}, ${typeNameOf(key)})`);
}

/** A key or place in a message. */
export function keyText(key: Value): string {
  const place = mapKey(key);
  return place === undefined ? typeNameOf(key) : String(place);
}
