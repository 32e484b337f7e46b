import { check, type Checked, type Declarations } from './check/checker.ts';
import { estimate } from './check/estimate.ts';
import type { Overload } from './check/overload.ts';
import { isAssignable, typeText, type ObjectType, type Type } from './check/type.ts';
import { addresses } from './kubernetes/addresses.ts';
import { authorizers } from './kubernetes/authorizer.ts';
import { formats } from './kubernetes/formats.ts';
import { jsonPatches } from './kubernetes/json-patch.ts';
import { lists } from './kubernetes/lists.ts';
import { quantities } from './kubernetes/quantities.ts';
import { regex } from './kubernetes/regex.ts';
import { semanticVersions } from './kubernetes/semantic-versions.ts';
import { urls } from './kubernetes/urls.ts';
import type { Budget } from './run/budget.ts';
import { compile } from './run/compile.ts';
import type { Run } from './run/frame.ts';
import type { Value } from './run/value.ts';
import { conversions } from './standard/conversions.ts';
import { operators } from './standard/operators.ts';
import { optionals } from './standard/optionals.ts';
import { sets } from './standard/sets.ts';
import { strings } from './standard/strings.ts';
import { times } from './standard/times.ts';
import { CompileError } from './syntax/error.ts';
import { parse } from './syntax/parser.ts';

const standard: readonly Overload[] = [
  ...operators, ...conversions, ...strings, ...times, ...optionals, ...sets,
  ...lists, ...regex, ...urls, ...addresses, ...quantities, ...semanticVersions, ...formats, ...authorizers, ...jsonPatches,
];
const functions = byName(standard);

/** Types that can be named as values. */
const typeNames = new Set([
  'bool', 'int', 'uint', 'double', 'string', 'bytes', 'list', 'map', 'null_type', 'type', 'optional_type', 'google.protobuf.Timestamp', 'google.protobuf.Duration',
  'kubernetes.Quantity', 'kubernetes.URL', 'kubernetes.Semver', 'net.IP', 'net.CIDR',
]);

export interface EnvironmentOptions {
  /** By name; a name may have dots. */
  readonly variables: Readonly<Record<string, Type>>;
  /** Types that expressions may build with `Name{…}`. */
  readonly types?: readonly ObjectType[];
}

/** What expressions of one place may name: its variables, the standard functions and Kubernetes' own. */
export class Environment {
  readonly #declarations: Declarations;

  constructor({ variables, types = [] }: EnvironmentOptions) {
    this.#declarations = {
      variables: new Map(Object.entries(variables)),
      functions,
      types: new Map(types.map((type) => [type.name, type])),
      typeNames: new Set([...typeNames, ...types.map(({ name }) => name)]),
    };
  }

  /**
   * Parses, checks and compiles an expression. Throws `CompileError` when it makes no sense, or does not give one of
   * the `results`.
   */
  compile(source: string, ...results: readonly Type[]): Program {
    const checked = check(source, parse(source), this.#declarations);
    if (results.length > 0 && !results.some((wanted) => isAssignable(wanted, checked.type, new Map()))) {
      throw new CompileError(source, [{ at: 0, text: `must evaluate to ${results.map(typeText).join(' or ')}` }]);
    }
    return new Program(source, checked);
  }
}

/** Values of variables; a function is called each time the variable is read. */
export type Inputs = Readonly<Record<string, Value | (() => Value)>>;

/** A compiled expression. */
export class Program {
  readonly source: string;
  readonly #checked: Checked;
  readonly #run: Run;

  constructor(source: string, checked: Checked) {
    this.source = source;
    this.#checked = checked;
    this.#run = compile(checked);
  }

  /** The type of the result. */
  get type(): Type {
    return this.#checked.type;
  }

  /** The variables that it reads. */
  get inputs(): ReadonlySet<string> {
    return this.#checked.inputs;
  }

  /** The most that one evaluation can cost, from the bounds of the types; infinite without them. */
  get costMax(): number {
    return estimate(this.#checked);
  }

  /** The result. Throws `EvaluationError` when it fails, `BudgetError` when the budget does not last. */
  evaluate(inputs: Inputs, budget: Budget): Value {
    return this.#run({ inputs: new Map(Object.entries(inputs)), locals: [], budget });
  }
}

function byName(rows: readonly Overload[]): ReadonlyMap<string, readonly Overload[]> {
  const map = new Map<string, Overload[]>();
  for (const row of rows) {
    const known = map.get(row.name);
    if (known === undefined) map.set(row.name, [row]);
    else known.push(row);
  }
  return map;
}
