import type { Type } from '../check/type.ts';
import { Duration, isList, isMap, ObjectValue, OpaqueValue, Optional, Timestamp, TypeValue, Uint, type Value } from './value.ts';

/** True when a value may stand for an argument of this type. Of lists and maps the first element speaks for all. */
export function accepts(type: Type, value: Value): boolean {
  switch (type.kind) {
    case 'dyn':
    case 'param':
      return true;
    case 'bool':
      return typeof value === 'boolean';
    case 'int':
      return typeof value === 'bigint';
    case 'double':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'uint':
      return value instanceof Uint;
    case 'bytes':
      return value instanceof Uint8Array;
    case 'timestamp':
      return value instanceof Timestamp;
    case 'duration':
      return value instanceof Duration;
    case 'null':
      return value === null;
    case 'type':
      return value instanceof TypeValue;
    case 'optional':
      return value instanceof Optional && (value.value === undefined || accepts(type.of, value.value));
    case 'opaque':
      return value instanceof OpaqueValue && value.typeName === type.name;
    case 'object':
      return value instanceof ObjectValue && value.typeName === type.name;
    case 'list':
      return isList(value) && (value.length === 0 || accepts(type.of, value[0] ?? null));
    case 'map':
      return isMap(value);
  }
}
