import type { Call, Checked, Reference } from '../check/checker.ts';
import { accepts } from './accepts.ts';
import type { Overload } from '../check/overload.ts';
import type { Type } from '../check/type.ts';
import type { Expr, ObjectField } from '../syntax/ast.ts';
import type { Literal } from '../syntax/lexer.ts';
import { listCost, mapCost, objectCost, type Budget } from './budget.ts';
import { compileComprehension } from './comprehension.ts';
import { EvaluationError } from './error.ts';
import { fieldOf, hasField, indexOf, keyText } from './access.ts';
import { keyOf, type Frame, type Run } from './frame.ts';
import { ObjectValue, Optional, TypeValue, typeNameOf, Uint, type MapKey, type Value } from './value.ts';

/** Turns a checked expression into a function; `depth` is the number of locals around it. */
export function compile(checked: Checked): Run {
  return new Compiler(checked).run(checked.expr, 0);
}

/** Compiles the parts of one expression. */
export class Compiler {
  readonly #checked: Checked;

  constructor(checked: Checked) {
    this.#checked = checked;
  }

  run(expr: Expr, depth: number): Run {
    const reference = this.#checked.references.get(expr);
    if (reference !== undefined) return referenced(reference);
    switch (expr.op) {
      case 'literal': {
        const value = literalValue(expr.value);
        return () => value;
      }
      case 'name':
        throw new Error(`"${expr.name}" was not resolved`);
      case 'select':
        return select(this.run(expr.operand, depth), expr.field, expr.optional);
      case 'index':
        return index(this.run(expr.operand, depth), this.run(expr.index, depth), expr.optional);
      case 'has':
        return has(this.run(expr.operand, depth), expr.field);
      case 'call':
        return this.#call(expr, depth);
      case 'and':
        return logical(this.run(expr.left, depth), this.run(expr.right, depth), false);
      case 'or':
        return logical(this.run(expr.left, depth), this.run(expr.right, depth), true);
      case 'conditional':
        return conditional(this.run(expr.test, depth), this.run(expr.yes, depth), this.run(expr.no, depth));
      case 'list':
        return list(expr.items.map(({ value, optional }) => [this.run(value, depth), optional]));
      case 'map':
        return map(expr.entries.map(({ key, value, optional }) => [this.run(key, depth), this.run(value, depth), optional]));
      case 'object':
        return object(expr.type, expr.fields, expr.fields.map(({ value }) => this.run(value, depth)));
      case 'bind': {
        const value = this.run(expr.value, depth);
        const result = this.run(expr.result, depth + 1);
        return (frame) => {
          frame.locals[depth] = value(frame);
          return result(frame);
        };
      }
      case 'comprehension':
        return compileComprehension(expr, this.run(expr.range, depth), expr.filter === undefined ? undefined : this.run(expr.filter, depth + expr.names.length), this.run(expr.body, depth + expr.names.length), depth);
    }
  }

  #call(expr: Extract<Expr, { op: 'call' }>, depth: number): Run {
    const call = this.#checked.calls.get(expr);
    if (call === undefined) throw new Error(`"${expr.name}" was not resolved`);
    const args = call.args.map((arg) => this.run(arg, depth));
    const [only, ...others] = call.overloads;
    if (only === undefined) throw new Error(`"${expr.name}" has no meaning`);
    const sure = others.length === 0 && call.args.every((arg) => !isUnsure(this.#checked.types.get(arg)));
    return sure ? (frame) => invoke(only, args.map((arg) => arg(frame)), frame.budget) : dispatched(call, args);
  }
}

/** True when values of other types may turn up at run time. */
function isUnsure(type: Type | undefined): boolean {
  switch (type?.kind) {
    case undefined:
    case 'dyn':
    case 'param':
      return true;
    case 'list':
    case 'optional':
      return isUnsure(type.of);
    case 'map':
      return isUnsure(type.key) || isUnsure(type.value);
    default:
      return false;
  }
}

function dispatched({ overloads }: Call, args: readonly Run[]): Run {
  const name = overloads[0]?.name ?? '';
  return (frame) => {
    const values = args.map((arg) => arg(frame));
    const found = overloads.find((overload) => overload.args.every((type, at) => accepts(type, values[at] ?? null)));
    if (found === undefined) throw new EvaluationError(`no such overload: ${name}(${values.map(typeNameOf).join(', ')})`);
    return invoke(found, values, frame.budget);
  };
}

function invoke({ cost, call }: Overload, values: readonly Value[], budget: Budget): Value {
  budget.charge(cost === undefined ? 1 : cost(values.map(sizeOf)));
  return call(...values);
}

/** See `Sizes`. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string' || value instanceof Uint8Array || Array.isArray(value)) return value.length;
  return value instanceof Map ? value.size : 1;
}

function referenced(reference: Reference): Run {
  if (reference.kind === 'type') {
    const value = new TypeValue(reference.name);
    return () => value;
  }
  if (reference.from === 'local') {
    const { slot } = reference;
    return (frame) => {
      frame.budget.charge(1);
      return frame.locals[slot] ?? null;
    };
  }
  const { name } = reference;
  return ({ inputs, budget }) => {
    budget.charge(1);
    const value = inputs.get(name);
    if (value === undefined) throw new EvaluationError(`no such attribute(s): ${name}`);
    return typeof value === 'function' ? value() : value;
  };
}

function literalValue(value: Literal): Value {
  return value !== null && typeof value === 'object' && 'uint' in value ? new Uint(value.uint) : value;
}

function select(operand: Run, field: string, optional: boolean): Run {
  return (frame) => {
    const value = operand(frame);
    frame.budget.charge(1);
    if (value instanceof Optional) return value.value === undefined ? value : optionalField(value.value, field);
    return optional ? optionalField(value, field) : fieldOf(value, field);
  };
}

function optionalField(value: Value, field: string): Optional {
  return hasField(value, field) ? new Optional(fieldOf(value, field)) : Optional.none;
}

function has(operand: Run, field: string): Run {
  return (frame) => {
    const value = operand(frame);
    frame.budget.charge(1);
    if (value instanceof Optional) return value.value !== undefined && hasField(value.value, field);
    return hasField(value, field);
  };
}

function index(operand: Run, at: Run, optional: boolean): Run {
  return (frame) => {
    const value = operand(frame);
    const key = at(frame);
    frame.budget.charge(1);
    const isOptional = value instanceof Optional;
    if (isOptional && value.value === undefined) return value;
    const found = indexOf(isOptional ? (value.value ?? null) : value, key);
    if (isOptional || optional) return found === undefined ? Optional.none : new Optional(found);
    if (found !== undefined) return found;
    throw new EvaluationError(`${Array.isArray(value) ? 'index out of bounds' : 'no such key'}: ${keyText(key)}`);
  };
}

/** `&&` and `||`: a side that decides makes an error of the other side unimportant, on either side. */
function logical(left: Run, right: Run, decides: boolean): Run {
  const side = (run: Run, frame: Frame): boolean | EvaluationError => {
    try {
      const value = run(frame);
      return typeof value === 'boolean' ? value : new EvaluationError('no such overload');
    } catch (error) {
      if (error instanceof EvaluationError) return error;
      throw error;
    }
  };
  return (frame) => {
    const first = side(left, frame);
    if (first === decides) return decides;
    const second = side(right, frame);
    if (second === decides) return decides;
    if (first instanceof EvaluationError) throw first;
    if (second instanceof EvaluationError) throw second;
    return !decides;
  };
}

function conditional(test: Run, yes: Run, no: Run): Run {
  return (frame) => {
    const value = test(frame);
    if (typeof value !== 'boolean') throw new EvaluationError('no such overload');
    return value ? yes(frame) : no(frame);
  };
}

function list(items: ReadonlyArray<readonly [Run, optional: boolean]>): Run {
  return (frame) => {
    frame.budget.charge(listCost);
    const values: Value[] = [];
    for (const [run, optional] of items) {
      const value = unwrapped(run(frame), optional);
      if (value !== undefined) values.push(value);
    }
    return values;
  };
}

/** The value, or what an optional holds. */
function unwrapped(value: Value, optional: boolean): Value | undefined {
  if (!optional) return value;
  if (value instanceof Optional) return value.value;
  throw new EvaluationError(`expected an optional, got ${typeNameOf(value)}`);
}

function map(entries: ReadonlyArray<readonly [key: Run, value: Run, optional: boolean]>): Run {
  return (frame) => {
    frame.budget.charge(mapCost);
    const values = new Map<MapKey, Value>();
    for (const [keyRun, run, optional] of entries) {
      const key = keyOf(keyRun(frame));
      const value = unwrapped(run(frame), optional);
      if (values.has(key)) throw new EvaluationError(`Failed with repeated key: ${String(key)}`);
      if (value !== undefined) values.set(key, value);
    }
    return values;
  };
}

function object(type: string, fields: readonly ObjectField[], runs: readonly Run[]): Run {
  return (frame) => {
    frame.budget.charge(objectCost);
    const values = new Map<string, Value>();
    fields.forEach(({ name, optional }, at) => {
      const value = unwrapped(runs[at]?.(frame) ?? null, optional);
      if (value !== undefined) values.set(name, value);
    });
    return new ObjectValue(type, values);
  };
}
