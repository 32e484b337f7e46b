import type { Comprehension, Expr } from '../syntax/ast.ts';
import { CompileError, type Issue } from '../syntax/error.ts';
import { qualifiedName } from '../syntax/parser.ts';
import { intMax } from '../run/value.ts';
import type { Overload } from './overload.ts';
import { Scope, type Place } from './scope.ts';
import { boolType, bytesType, doubleType, dynType, intType, isAssignable, join, listOf, mapOf, nullType, optionalOf, param, substitute, typeText, typeType, uintType, type Bindings, type ObjectType, type Type } from './type.ts';

/** What may be named in an expression. */
export interface Declarations {
  readonly variables: ReadonlyMap<string, Type>;
  readonly functions: ReadonlyMap<string, readonly Overload[]>;
  /** Types that can be built with `Name{…}` and named as values. */
  readonly types: ReadonlyMap<string, ObjectType>;
  /** Names of types that are values, as `int` in `type(1) == int`. */
  readonly typeNames: ReadonlySet<string>;
}

/** What a name or a chain of selections stands for. */
export type Reference = (Place & { readonly kind: 'variable' }) | { readonly kind: 'type'; readonly name: string };

export interface Call {
  /** Those that fit; several when types are only known at run time. */
  readonly overloads: readonly Overload[];
  /** The target of a method first. */
  readonly args: readonly Expr[];
}

/** An expression with the types of all its parts. */
export interface Checked {
  readonly expr: Expr;
  readonly type: Type;
  readonly types: ReadonlyMap<Expr, Type>;
  readonly references: ReadonlyMap<Expr, Reference>;
  readonly calls: ReadonlyMap<Expr, Call>;
  /** Input variables that it reads. */
  readonly inputs: ReadonlySet<string>;
}

/** Finds the type of every part (cel-spec "Gradual type checking"). Throws `CompileError` with everything that does not fit. */
export function check(source: string, expr: Expr, declarations: Declarations): Checked {
  const checker = new Checker(declarations);
  const type = checker.typeOf(expr, new Scope());
  if (checker.issues.length > 0) throw new CompileError(source, checker.issues);
  return { expr, type, types: checker.types, references: checker.references, calls: checker.calls, inputs: checker.inputs };
}

class Checker {
  readonly issues: Issue[] = [];
  readonly types = new Map<Expr, Type>();
  readonly references = new Map<Expr, Reference>();
  readonly calls = new Map<Expr, Call>();
  readonly inputs = new Set<string>();
  readonly #declarations: Declarations;

  constructor(declarations: Declarations) {
    this.#declarations = declarations;
  }

  typeOf(expr: Expr, scope: Scope): Type {
    const type = this.#check(expr, scope);
    this.types.set(expr, type);
    return type;
  }

  #issue(at: number, text: string): Type {
    this.issues.push({ at, text });
    return dynType;
  }

  #check(expr: Expr, scope: Scope): Type {
    switch (expr.op) {
      case 'literal':
        return this.#literal(expr);
      case 'name':
        return this.#reference(expr, expr.name, scope) ?? this.#issue(expr.at, `undeclared reference to '${expr.name}' (in container '')`);
      case 'select':
        return this.#select(expr, scope);
      case 'index':
        return this.#index(expr, scope);
      case 'call':
        return this.#call(expr, scope);
      case 'and':
      case 'or':
        this.#expect(expr.left, boolType, scope);
        this.#expect(expr.right, boolType, scope);
        return boolType;
      case 'conditional':
        return this.#conditional(expr, scope);
      case 'list':
        return listOf(this.#common(expr.items.map(({ value, optional }) => this.#element(value, optional, scope))));
      case 'map':
        return this.#map(expr, scope);
      case 'object':
        return this.#object(expr, scope);
      case 'has':
        this.#field(expr.operand, expr.field, expr.at, scope);
        return boolType;
      case 'comprehension':
        return this.#comprehension(expr, scope);
      case 'bind': {
        const value = this.typeOf(expr.value, scope);
        return this.typeOf(expr.result, new Scope(scope, [[expr.name, value]]));
      }
    }
  }

  #literal({ value, at }: Extract<Expr, { op: 'literal' }>): Type {
    if (value === null) return nullType;
    switch (typeof value) {
      case 'boolean':
        return boolType;
      case 'bigint':
        return value > intMax ? this.#issue(at, 'invalid int literal') : intType;
      case 'number':
        return doubleType;
      case 'string':
        return { kind: 'string', bound: value.length };
      default:
        return value instanceof Uint8Array ? { ...bytesType, bound: value.length } : uintType;
    }
  }

  /** A variable or the name of a type. */
  #reference(expr: Expr, name: string, scope: Scope): Type | undefined {
    const local = scope.find(name);
    if (local !== undefined) {
      this.references.set(expr, { kind: 'variable', from: 'local', slot: local.slot });
      return local.type;
    }
    const variable = this.#declarations.variables.get(name);
    if (variable !== undefined) {
      this.references.set(expr, { kind: 'variable', from: 'input', name });
      this.inputs.add(name);
      return variable;
    }
    if (!this.#declarations.typeNames.has(name)) return undefined;
    this.references.set(expr, { kind: 'type', name });
    return typeType;
  }

  #select(expr: Extract<Expr, { op: 'select' }>, scope: Scope): Type {
    const name = qualifiedName(expr);
    if (name !== undefined && scope.find(name.split('.')[0] ?? '') === undefined) {
      const type = this.#reference(expr, name, scope);
      if (type !== undefined) return type;
    }
    const type = this.#field(expr.operand, expr.field, expr.at, scope);
    const operand = this.types.get(expr.operand);
    return expr.optional || operand?.kind === 'optional' ? optionalOf(type) : type;
  }

  /** The type of a field of an object, map or optional of these. */
  #field(operand: Expr, field: string, at: number, scope: Scope): Type {
    const found = this.typeOf(operand, scope);
    const type = found.kind === 'optional' ? found.of : found;
    switch (type.kind) {
      case 'dyn':
      case 'param':
        return dynType;
      case 'map':
        return type.value;
      case 'object':
        return type.fields.get(field) ?? this.#issue(at, `undefined field '${field}'`);
      default:
        return this.#issue(at, `type '${typeText(type)}' does not support field selection`);
    }
  }

  #index(expr: Extract<Expr, { op: 'index' }>, scope: Scope): Type {
    const found = this.typeOf(expr.operand, scope);
    const type = found.kind === 'optional' ? found.of : found;
    const index = this.typeOf(expr.index, scope);
    const result = this.#indexed(expr, type, index);
    return expr.optional || found.kind === 'optional' ? optionalOf(result) : result;
  }

  #indexed(expr: Extract<Expr, { op: 'index' }>, type: Type, index: Type): Type {
    if (type.kind === 'dyn' || type.kind === 'param') return dynType;
    if (type.kind === 'list' && ['int', 'uint', 'double', 'dyn'].includes(index.kind)) return type.of;
    if (type.kind === 'map' && isAssignable(type.key, index, new Map())) return type.value;
    return this.#issue(expr.at, `found no matching overload for '_[_]' applied to '(${typeText(type)}, ${typeText(index)})'`);
  }

  #call(expr: Extract<Expr, { op: 'call' }>, scope: Scope): Type {
    const { functions } = this.#declarations;
    const { target, name } = expr;
    const prefix = target === undefined ? undefined : qualifiedName(target);
    if (prefix !== undefined && scope.find(prefix.split('.')[0] ?? '') === undefined && functions.has(`${prefix}.${name}`)) {
      return this.#resolve(expr, `${prefix}.${name}`, expr.args, false, scope);
    }
    return this.#resolve(expr, name, target === undefined ? expr.args : [target, ...expr.args], target !== undefined, scope);
  }

  #resolve(expr: Expr, name: string, args: readonly Expr[], isMethod: boolean, scope: Scope): Type {
    const types = args.map((arg) => this.typeOf(arg, scope));
    const declared = this.#declarations.functions.get(name);
    if (declared === undefined) return this.#issue(expr.at, `undeclared reference to '${name}' (in container '')`);
    const fitting: Overload[] = [];
    let result: Type | undefined;
    for (const overload of declared) {
      const bindings: Bindings = new Map();
      if (overload.isMethod !== isMethod || overload.args.length !== types.length) continue;
      if (!overload.args.every((wanted, at) => isAssignable(wanted, types[at] ?? dynType, bindings))) continue;
      fitting.push(overload);
      const own = substitute(overload.result, bindings);
      result = result === undefined ? own : typeText(result) === typeText(own) ? result : dynType;
    }
    if (result === undefined) return this.#issue(expr.at, noOverload(name, types, isMethod));
    this.calls.set(expr, { overloads: fitting, args });
    return result;
  }

  #conditional(expr: Extract<Expr, { op: 'conditional' }>, scope: Scope): Type {
    this.#expect(expr.test, boolType, scope);
    const yes = this.typeOf(expr.yes, scope);
    const no = this.typeOf(expr.no, scope);
    return join(yes, no) ?? this.#issue(expr.at, `found no matching overload for '_?_:_' applied to '(bool, ${typeText(yes)}, ${typeText(no)})'`);
  }

  /** The type of an element of a literal; that within an optional for `?element`. */
  #element(value: Expr, optional: boolean, scope: Scope): Type {
    const type = this.typeOf(value, scope);
    if (!optional || type.kind === 'dyn') return type;
    return type.kind === 'optional' ? type.of : this.#issue(value.at, `expected type 'optional_type(${typeText(type)})' but found '${typeText(type)}'`);
  }

  #common(types: readonly Type[]): Type {
    return types.reduce<Type>((all, type) => join(all, type) ?? dynType, types[0] ?? param('_'));
  }

  #map(expr: Extract<Expr, { op: 'map' }>, scope: Scope): Type {
    const keys = expr.entries.map(({ key }) => {
      const type = this.typeOf(key, scope);
      if (!['string', 'int', 'uint', 'bool', 'dyn'].includes(type.kind)) this.#issue(key.at, `unsupported map key type: ${typeText(type)}`);
      return type;
    });
    return mapOf(this.#common(keys), this.#common(expr.entries.map(({ value, optional }) => this.#element(value, optional, scope))));
  }

  #object(expr: Extract<Expr, { op: 'object' }>, scope: Scope): Type {
    const type = this.#declarations.types.get(expr.type);
    if (type === undefined) return this.#issue(expr.at, `undeclared reference to '${expr.type}' (in container '')`);
    for (const { name, value, optional } of expr.fields) {
      const actual = this.#element(value, optional, scope);
      const wanted = type.fields.get(name);
      if (wanted === undefined) this.#issue(value.at, `undefined field '${name}'`);
      else if (!isAssignable(wanted, actual, new Map())) this.#issue(value.at, `expected type of field '${name}' is '${typeText(wanted)}' but provided type is '${typeText(actual)}'`);
    }
    return type;
  }

  #comprehension(expr: Comprehension, scope: Scope): Type {
    const range = this.typeOf(expr.range, scope);
    const variables = this.#rangeTypes(expr, range);
    const inner = new Scope(scope, expr.names.map((name, at) => [name, variables[at] ?? dynType]));
    if (expr.filter !== undefined) this.#expect(expr.filter, boolType, inner);
    if (expr.kind === 'all' || expr.kind === 'exists' || expr.kind === 'existsOne' || expr.kind === 'filter') {
      this.#expect(expr.body, boolType, inner);
      if (expr.kind !== 'filter') return boolType;
      return range.kind === 'list' ? range : listOf(variables[0] ?? dynType);
    }
    const body = this.typeOf(expr.body, inner);
    switch (expr.kind) {
      case 'map':
      case 'transformList':
        return { kind: 'list', of: body, ...(range.bound === undefined ? {} : { bound: range.bound }) };
      case 'transformMap':
        return mapOf(range.kind === 'map' ? range.key : range.kind === 'list' ? intType : dynType, body);
      case 'transformMapEntry':
        return body.kind === 'map' ? body : body.kind === 'dyn' ? mapOf(dynType, dynType) : this.#issue(expr.body.at, `expected type 'map' but found '${typeText(body)}'`);
      case 'optMap':
        return optionalOf(body);
      case 'optFlatMap':
        return body.kind === 'optional' ? body : optionalOf(dynType);
    }
  }

  /** The types of the variables of a macro over a value of type `range`. */
  #rangeTypes(expr: Comprehension, range: Type): readonly Type[] {
    if (expr.kind === 'optMap' || expr.kind === 'optFlatMap') {
      if (range.kind === 'optional') return [range.of];
      return range.kind === 'dyn' ? [dynType] : [this.#issue(expr.range.at, `expected type 'optional_type' but found '${typeText(range)}'`)];
    }
    const two = expr.names.length === 2;
    if (range.kind === 'list') return two ? [intType, range.of] : [range.of];
    if (range.kind === 'map') return two ? [range.key, range.value] : [range.key];
    if (range.kind === 'dyn' || range.kind === 'param') return [dynType, dynType];
    return [this.#issue(expr.range.at, `expression of type '${typeText(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`), dynType];
  }

  #expect(expr: Expr, wanted: Type, scope: Scope): void {
    const type = this.typeOf(expr, scope);
    if (!isAssignable(wanted, type, new Map())) this.#issue(expr.at, `expected type '${typeText(wanted)}' but found '${typeText(type)}'`);
  }
}

function noOverload(name: string, types: readonly Type[], isMethod: boolean): string {
  const [target, ...rest] = types.map(typeText);
  const applied = isMethod ? `${target}.(${rest.join(', ')})` : `(${types.map(typeText).join(', ')})`;
  return `found no matching overload for '${name}' applied to '${applied}'`;
}

