import { listCost, mapCost, objectCost } from '../run/budget.ts';
import type { Comprehension, Expr } from '../syntax/ast.ts';
import type { Checked } from './checker.ts';
import type { Type } from './type.ts';

/** What an expression costs at most, and how large its value can be. */
interface Worst {
  readonly cost: number;
  /** See `Sizes`. */
  readonly size: number;
  /** Size of the elements, of a list or map. */
  readonly element?: Worst;
}

/** The most that an evaluation can cost (cel-go "checker cost estimation"), from the bounds of types; unbounded texts and lists make it infinite. */
export function estimate(checked: Checked): number {
  return new Estimator(checked).worst(checked.expr, new Map()).cost;
}

/** Sizes of the variables of macros, by slot. */
type Locals = ReadonlyMap<number, Worst>;

class Estimator {
  readonly #checked: Checked;

  constructor(checked: Checked) {
    this.#checked = checked;
  }

  worst(expr: Expr, locals: Locals): Worst {
    const reference = this.#checked.references.get(expr);
    if (reference !== undefined) {
      if (reference.kind === 'type') return { cost: 0, size: 1 };
      const local = reference.from === 'local' ? locals.get(reference.slot) : undefined;
      return { ...(local ?? ofType(this.#type(expr))), cost: 1 };
    }
    switch (expr.op) {
      case 'literal':
        return { cost: 0, size: typeof expr.value === 'string' || expr.value instanceof Uint8Array ? expr.value.length : 1 };
      case 'name':
        return { cost: 1, size: 1 };
      case 'select':
        return this.#part(expr, [expr.operand], locals);
      case 'index':
        return this.#part(expr, [expr.operand, expr.index], locals);
      case 'has':
        return { cost: this.worst(expr.operand, locals).cost + 1, size: 1 };
      case 'and':
      case 'or':
        return { cost: this.worst(expr.left, locals).cost + this.worst(expr.right, locals).cost, size: 1 };
      case 'conditional': {
        const yes = this.worst(expr.yes, locals);
        const no = this.worst(expr.no, locals);
        return { ...larger(yes, no), cost: this.worst(expr.test, locals).cost + Math.max(yes.cost, no.cost) };
      }
      case 'call':
        return this.#call(expr, locals);
      case 'list': {
        const items = expr.items.map(({ value }) => this.worst(value, locals));
        return { cost: listCost + total(items), size: items.length, element: items.reduce(larger, { cost: 0, size: 1 }) };
      }
      case 'map': {
        const values = expr.entries.map(({ value }) => this.worst(value, locals));
        return { cost: mapCost + total(values) + total(expr.entries.map(({ key }) => this.worst(key, locals))), size: values.length, element: values.reduce(larger, { cost: 0, size: 1 }) };
      }
      case 'object':
        return { cost: objectCost + total(expr.fields.map(({ value }) => this.worst(value, locals))), size: 1 };
      case 'bind': {
        const value = this.worst(expr.value, locals);
        const result = this.worst(expr.result, new Map([...locals, [locals.size, value]]));
        return { ...result, cost: value.cost + result.cost };
      }
      case 'comprehension':
        return this.#comprehension(expr, locals);
    }
  }

  #type(expr: Expr): Type {
    return this.#checked.types.get(expr) ?? { kind: 'dyn' };
  }

  #part(expr: Expr, operands: readonly [Expr, ...Expr[]], locals: Locals): Worst {
    const [owner, ...rest] = operands.map((operand) => this.worst(operand, locals));
    const cost = (owner?.cost ?? 0) + total(rest) + 1;
    const known = this.#type(operands[0]).kind === 'object' ? undefined : owner?.element;
    return { ...(known ?? ofType(this.#type(expr))), cost };
  }

  #call(expr: Expr, locals: Locals): Worst {
    const call = this.#checked.calls.get(expr);
    if (call === undefined) return { cost: 0, size: 1 };
    const args = call.args.map((arg) => this.worst(arg, locals));
    const sizes = args.map(({ size }) => size);
    const own = Math.max(...call.overloads.map(({ cost }) => Math.ceil(cost?.(sizes) ?? 1)));
    const size = Math.max(...call.overloads.map(({ resultSize }) => resultSize?.(sizes) ?? (isSized(this.#type(expr)) ? Math.max(1, ...sizes) : 1)));
    const element = args.find((arg) => arg.element !== undefined)?.element ?? (isSized(this.#type(expr)) ? { cost: 0, size: Math.max(1, ...sizes) } : undefined);
    return { cost: total(args) + own, size, ...(element === undefined ? {} : { element }) };
  }

  #comprehension({ range, names, filter, body, kind }: Comprehension, locals: Locals): Worst {
    const over = this.worst(range, locals);
    const inner = new Map(locals);
    const element = over.element ?? ofElement(this.#type(range));
    names.forEach((_name, at) => inner.set(locals.size + at, names.length === 2 && at === 0 ? { cost: 0, size: 1 } : element));
    const once = this.worst(body, inner);
    const each = once.cost + (filter === undefined ? 0 : this.worst(filter, inner).cost) + 1;
    const times = kind === 'optMap' || kind === 'optFlatMap' ? 1 : over.size;
    return { cost: over.cost + times * each, size: over.size, element: kind === 'filter' ? element : once };
  }
}

const total = (parts: readonly Worst[]): number => parts.reduce((sum, { cost }) => sum + cost, 0);

function larger(a: Worst, b: Worst): Worst {
  const element = a.element === undefined ? b.element : b.element === undefined ? a.element : larger(a.element, b.element);
  return { cost: Math.max(a.cost, b.cost), size: Math.max(a.size, b.size), ...(element === undefined ? {} : { element }) };
}

const isSized = ({ kind }: Type): boolean => kind === 'string' || kind === 'bytes' || kind === 'list' || kind === 'map' || kind === 'dyn';

function ofType(type: Type): Worst {
  if (type.kind === 'optional') return ofType(type.of);
  const size = isSized(type) ? (type.bound ?? Infinity) : 1;
  return type.kind === 'list' || type.kind === 'map' ? { cost: 0, size, element: ofElement(type) } : { cost: 0, size };
}

function ofElement(type: Type): Worst {
  if (type.kind === 'list') return ofType(type.of);
  return type.kind === 'map' ? ofType(type.key) : { cost: 0, size: Infinity };
}
