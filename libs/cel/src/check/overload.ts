import { perCharacter } from '../run/budget.ts';
import type { Value } from '../run/value.ts';
import { boolType, bytesType, doubleType, durationType, dynType, intType, listOf, mapOf, nullType, opaque, optionalOf, param, stringType, timestampType, typeType, uintType, type Type } from './type.ts';

/** Characters of a string, bytes, elements of a list or map; 1 of anything else. One number per argument, the target first. */
export type Sizes = readonly number[];

/** One meaning of a function name: for arguments of these types. */
export interface Overload {
  readonly name: string;
  /** Called as `target.name(…)`; the target is the first of `args`. */
  readonly isMethod: boolean;
  readonly args: readonly Type[];
  readonly result: Type;
  readonly call: (...args: readonly Value[]) => Value;
  /** Units of the budget, from the sizes of the arguments, or their highest possible sizes; 1 unless given. */
  readonly cost?: ((sizes: Sizes) => number) | undefined;
  /** Highest size of the result, for estimates; that of the largest argument unless given. */
  readonly resultSize?: ((sizes: Sizes) => number) | undefined;
}

type Cost = (sizes: Sizes) => number;

/** What reading all of the first argument, a text, costs. */
export const readCost: Cost = ([size = 1]) => Math.max(1, size * perCharacter);

/** A row of a table of functions: signature, implementation, cost, size of the result. */
export type Row = readonly [signature: string, call: (...args: never[]) => Value, cost?: Cost | undefined, resultSize?: Cost];

/** `name(types): result` for functions, `(target).name(types): result` for methods. Types: see `parseType`. */
export function overloads(rows: readonly Row[]): Overload[] {
  return rows.map(([signature, call, cost, resultSize]) => {
    const found = /^(?:\((?<target>.+?)\)\.)?(?<name>[^( ]+)\((?<args>.*)\): (?<result>.+)$/.exec(signature);
    if (found?.groups === undefined) throw new Error(`"${signature}" is no signature`);
    const { target, name = '', args = '', result = '' } = found.groups;
    const types = [...(target === undefined ? [] : [target]), ...splitTypes(args)];
    return { name, isMethod: target !== undefined, args: types.map(parseType), result: parseType(result), call: call as Overload['call'], cost, resultSize };
  });
}

const simple: Readonly<Record<string, Type>> = {
  bool: boolType, int: intType, uint: uintType, double: doubleType, string: stringType, bytes: bytesType, timestamp: timestampType, duration: durationType, null: nullType, dyn: dynType, type: typeType,
};

/** `int`, `list<string>`, `map<K, V>`, `optional<T>`; a capital letter is a parameter, a name with a dot an opaque type. */
function parseType(text: string): Type {
  const known = simple[text];
  if (known !== undefined) return known;
  if (/^[A-Z]$/.test(text)) return param(text);
  const generic = /^(list|map|optional)<(.+)>$/.exec(text);
  if (generic === null) return opaque(text);
  const [first = dynType, second = dynType] = splitTypes(generic[2] ?? '').map(parseType);
  if (generic[1] === 'list') return listOf(first);
  return generic[1] === 'map' ? mapOf(first, second) : optionalOf(first);
}

function splitTypes(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const character of text) {
    if (character === '<') depth++;
    if (character === '>') depth--;
    if (character === ',' && depth === 0) {
      parts.push(part.trim());
      part = '';
    } else part += character;
  }
  if (part.trim() !== '') parts.push(part.trim());
  return parts;
}
