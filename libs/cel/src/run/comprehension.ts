import type { Comprehension } from '../syntax/ast.ts';
import { keyOf, type Frame, type Run } from './frame.ts';
import { EvaluationError } from './error.ts';
import { isList, isMap, Optional, typeNameOf, type MapKey, type Value } from './value.ts';

/** A macro over the elements of a list or the entries of a map, its variables in the slots from `slot` on. */
export function compileComprehension({ kind, names }: Comprehension, range: Run, filter: Run | undefined, body: Run, slot: number): Run {
  if (kind === 'optMap' || kind === 'optFlatMap') return overOptional(kind === 'optFlatMap', range, body, slot);
  const each = (frame: Frame, visit: (key: Value, value: Value) => boolean): void => {
    for (const [key, value] of entriesOf(range(frame))) {
      frame.budget.charge(1);
      frame.locals[slot] = key;
      if (names.length === 2) frame.locals[slot + 1] = value;
      if (filter !== undefined && !truth(filter(frame))) continue;
      if (!visit(key, value)) return;
    }
  };
  const entriesOf = (value: Value): Iterable<readonly [Value, Value]> => entries(value, names.length === 2);
  switch (kind) {
    case 'all':
      return (frame) => quantified(frame, each, body, false);
    case 'exists':
      return (frame) => quantified(frame, each, body, true);
    case 'existsOne':
      return (frame) => {
        let count = 0;
        each(frame, () => {
          if (truth(body(frame))) count++;
          return true;
        });
        return count === 1;
      };
    case 'filter':
      return (frame) => {
        const kept: Value[] = [];
        each(frame, (key) => {
          if (truth(body(frame))) kept.push(key);
          return true;
        });
        return kept;
      };
    case 'map':
    case 'transformList':
      return (frame) => {
        const made: Value[] = [];
        each(frame, () => {
          made.push(body(frame));
          return true;
        });
        return made;
      };
    case 'transformMap':
    case 'transformMapEntry':
      return (frame) => toMap(frame, each, body, kind === 'transformMapEntry');
  }
}

type Each = (frame: Frame, visit: (key: Value, value: Value) => boolean) => void;

/** Stops at the first element that decides; an error counts only when none does. */
function quantified(frame: Frame, each: Each, body: Run, decides: boolean): boolean {
  let result = !decides;
  let failure: EvaluationError | undefined;
  each(frame, () => {
    try {
      if (truth(body(frame)) === decides) result = decides;
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      failure ??= error;
    }
    return result !== decides;
  });
  if (result !== decides && failure !== undefined) throw failure;
  return result;
}

function toMap(frame: Frame, each: Each, body: Run, entriesMade: boolean): Value {
  const made = new Map<MapKey, Value>();
  const add = (key: MapKey, value: Value): void => {
    if (made.has(key)) throw new EvaluationError(`insert failed: key '${String(key)}' already exists`);
    made.set(key, value);
  };
  each(frame, (key) => {
    const value = body(frame);
    if (!entriesMade) add(keyOf(key), value);
    else if (isMap(value)) for (const [own, item] of value) add(own, item);
    else throw new EvaluationError(`no such overload: transformMapEntry(${typeNameOf(value)})`);
    return true;
  });
  return made;
}

function overOptional(isFlat: boolean, range: Run, body: Run, slot: number): Run {
  return (frame) => {
    const optional = range(frame);
    if (!(optional instanceof Optional)) throw new EvaluationError(`no such overload: optMap(${typeNameOf(optional)})`);
    if (optional.value === undefined) return optional;
    frame.locals[slot] = optional.value;
    const value = body(frame);
    if (!isFlat) return new Optional(value);
    if (value instanceof Optional) return value;
    throw new EvaluationError(`no such overload: optFlatMap(${typeNameOf(value)})`);
  };
}

function* entries(range: Value, two: boolean): Generator<readonly [Value, Value]> {
  if (isList(range)) {
    for (let at = 0; at < range.length; at++) {
      const item = range[at] ?? null;
      yield two ? [BigInt(at), item] : [item, item];
    }
  } else if (isMap(range)) yield* range;
  else throw new EvaluationError(`type '${typeNameOf(range)}' cannot be iterated`);
}

function truth(value: Value): boolean {
  if (typeof value !== 'boolean') throw new EvaluationError('no such overload');
  return value;
}
