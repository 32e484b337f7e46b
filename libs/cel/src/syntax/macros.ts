import type { ComprehensionKind, Expr } from './ast.ts';

type Call = Extract<Expr, { op: 'call' }>;
type Fail = (at: number, text: string) => never;

/** A macro over a range: how many variables and what follows them. */
interface Shape {
  readonly kind: ComprehensionKind;
  readonly variables: 1 | 2;
  /** The argument before the last is a filter. */
  readonly filtered?: true;
}

/** By name and number of arguments (cel-spec "Macros"; cel-go ext "two-variable comprehensions"). */
const shapes: Readonly<Record<string, Shape>> = {
  'all/2': { kind: 'all', variables: 1 },
  'exists/2': { kind: 'exists', variables: 1 },
  'exists_one/2': { kind: 'existsOne', variables: 1 },
  'existsOne/2': { kind: 'existsOne', variables: 1 },
  'filter/2': { kind: 'filter', variables: 1 },
  'map/2': { kind: 'map', variables: 1 },
  'map/3': { kind: 'map', variables: 1, filtered: true },
  'all/3': { kind: 'all', variables: 2 },
  'exists/3': { kind: 'exists', variables: 2 },
  'existsOne/3': { kind: 'existsOne', variables: 2 },
  'exists_one/3': { kind: 'existsOne', variables: 2 },
  'transformList/3': { kind: 'transformList', variables: 2 },
  'transformList/4': { kind: 'transformList', variables: 2, filtered: true },
  'transformMap/3': { kind: 'transformMap', variables: 2 },
  'transformMap/4': { kind: 'transformMap', variables: 2, filtered: true },
  'transformMapEntry/3': { kind: 'transformMapEntry', variables: 2 },
  'transformMapEntry/4': { kind: 'transformMapEntry', variables: 2, filtered: true },
  'optMap/2': { kind: 'optMap', variables: 1 },
  'optFlatMap/2': { kind: 'optFlatMap', variables: 1 },
};

/** The macro that a call stands for, or the call itself. */
export function expandCall(call: Call, fail: Fail): Expr {
  const { name, target, args, at } = call;
  if (target === undefined) return name === 'has' && args.length === 1 ? has(call, fail) : call;
  if (target.op === 'name' && target.name === 'cel' && name === 'bind' && args.length === 3) {
    const [variable, value, result] = args as readonly [Expr, Expr, Expr];
    return { op: 'bind', at, name: variableName(variable, fail), value, result };
  }
  const key = `${name}/${args.length}`;
  const shape = Object.hasOwn(shapes, key) ? shapes[key] : undefined;
  if (shape === undefined) return call;
  const names = args.slice(0, shape.variables).map((arg) => variableName(arg, fail));
  if (names[0] !== undefined && names[0] === names[1]) fail(args[1]?.at ?? at, `duplicate variable name: ${names[0]}`);
  const body = args.at(-1);
  if (body === undefined) return call;
  return { op: 'comprehension', at, kind: shape.kind, range: target, names, filter: shape.filtered === true ? args.at(-2) : undefined, body };
}

function has({ args, at }: Call, fail: Fail): Expr {
  const [arg] = args;
  if (arg?.op !== 'select' || arg.optional) return fail(arg?.at ?? at, 'invalid argument to has() macro');
  return { op: 'has', at, operand: arg.operand, field: arg.field };
}

function variableName(expr: Expr, fail: Fail): string {
  return expr.op === 'name' ? expr.name : fail(expr.at, 'argument must be a simple name');
}
