import { at, child, forbidden, invalidValue, duplicate, required, type CelRule, type FieldError, type SchemaNode } from '@rhythm/api';
import { boolType, Budget, BudgetError, CompileError, Environment, EvaluationError, optionalOf, Optional, stringType, toCel, type Inputs, type Program, type Type, type Value } from '@rhythm/cel';
import { deepEqual } from '../registry/deep-equal.ts';
import { celTypeOf } from './cel-type.ts';

/** Units that all rules of one object may use (kube-apiserver: RuntimeCELCostBudget), and one rule (PerCallLimit). */
const objectCostMax = 10_000_000;
const ruleCostMax = 1_000_000;
/** What one rule may cost at most by estimate, all its places in an object together, and all rules of a version. */
export const estimatedRuleCostMax = 10_000_000;
export const estimatedSchemaCostMax = 100_000_000;

interface CompiledRule {
  readonly rule: CelRule;
  readonly program: Program;
  readonly message: Program | undefined;
  /** Looks at the state before: runs on updates only. */
  readonly isTransition: boolean;
}

/** A part of the schema with rules in it or below it. */
interface Place {
  readonly node: SchemaNode;
  readonly type: Type | undefined;
  readonly rules: readonly CompiledRule[];
  readonly properties: ReadonlyMap<string, Place>;
  /** Of elements and of values of maps. */
  readonly each: Place | undefined;
}

/** Why a rule cannot be used, and where in the schema it stands. */
export interface RuleFault {
  /** Below the schema's root: `properties[spec].x-kubernetes-validations[0].rule`. */
  readonly path: string;
  readonly rule: string;
  readonly message: string;
}

export interface RuleSet {
  readonly faults: readonly RuleFault[];
  /** What the rules of a schema say about an object; `old` on updates. */
  validate(object: unknown, old?: unknown): FieldError[];
}

/** Compiles the `x-kubernetes-validations` of a schema (KEP-2876), their highest cost included. */
export function compileRules(schema: SchemaNode): RuleSet {
  const compiler = new RuleCompiler();
  const root = compiler.place(schema, 'selfType', '', 1, true);
  const { faults } = compiler;
  if (compiler.total > estimatedSchemaCostMax) {
    faults.push({ path: '', rule: '', message: `x-kubernetes-validations estimated cost total for entire OpenAPIv3 schema exceeds budget by factor of ${factorText(compiler.total / estimatedSchemaCostMax)} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are used)` });
  }
  return { faults, validate: (object, old) => (root === undefined ? [] : new RuleRun().run(root, object, old)) };
}

class RuleCompiler {
  readonly faults: RuleFault[] = [];
  total = 0;

  /** `times`: in how many places of an object this part can stand. */
  place(node: SchemaNode, name: string, path: string, times: number, isResource = false): Place | undefined {
    const properties = new Map<string, Place>();
    for (const [property, inner] of node.properties ?? []) {
      if (inner.proto !== undefined) continue;
      const found = this.place(inner, `${name}.${property}`, child(path, `properties[${property}]`), times);
      if (found !== undefined) properties.set(property, found);
    }
    const isList = node.items !== undefined;
    const inner = node.items ?? node.additionalProperties;
    const each = inner === undefined ? undefined : this.place(inner, `${name}.${isList ? '@idx' : '@elem'}`, child(path, isList ? 'items' : 'additionalProperties'), times * mostOf(node));
    const declared = node.celRules ?? [];
    if (declared.length === 0 && properties.size === 0 && each === undefined) return undefined;
    const type = declared.length === 0 ? undefined : celTypeOf(node, name, isResource);
    const rules = type === undefined ? [] : declared.flatMap((rule, index) => this.#rule(rule, type, at(child(path, 'x-kubernetes-validations'), index), times));
    return { node, type, rules, properties, each };
  }

  #rule(rule: CelRule, self: Type, path: string, times: number): CompiledRule[] {
    const environment = new Environment({ variables: { self, oldSelf: rule.optionalOldSelf === true ? optionalOf(self) : self } });
    const program = this.#compile(environment, rule.rule, boolType, rule, `${path}.rule`);
    const message = rule.messageExpression === undefined ? undefined : this.#compile(environment, rule.messageExpression, stringType, rule, `${path}.messageExpression`);
    if (program === undefined) return [];
    const isTransition = program.inputs.has('oldSelf');
    if (rule.optionalOldSelf !== undefined && !isTransition) this.#fault(`${path}.optionalOldSelf`, rule, 'option optionalOldSelf is set, but the rule does not use oldSelf');
    const cost = program.costMax * times;
    this.total += cost;
    if (cost > estimatedRuleCostMax) {
      this.#fault(`${path}.rule`, rule, `estimated rule cost exceeds budget by factor of ${factorText(cost / estimatedRuleCostMax)} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are used)`);
    }
    return [{ rule, program, message, isTransition }];
  }

  #compile(environment: Environment, source: string, result: Type, rule: CelRule, path: string): Program | undefined {
    try {
      return environment.compile(source, result);
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      this.#fault(path, rule, `compilation failed: ${error.message}`);
      return undefined;
    }
  }

  #fault(path: string, rule: CelRule, message: string): void {
    this.faults.push({ path, rule: rule.rule, message });
  }
}

/** Most elements that a list or map of this schema holds. */
function mostOf(node: SchemaNode): number {
  const type = celTypeOf(node, 'any');
  return type?.bound ?? 1;
}

function factorText(factor: number): string {
  if (!Number.isFinite(factor) || factor > 100) return 'more than 100x';
  return `${factor.toFixed(1)}x`;
}

/** One validation of one object. */
class RuleRun {
  readonly #errors: FieldError[] = [];
  readonly #budget = new Budget(objectCostMax);
  #isSpent = false;

  run(root: Place, object: unknown, old: unknown): FieldError[] {
    this.#place(root, object, old, '');
    return this.#errors;
  }

  #place(place: Place, value: unknown, old: unknown, path: string): void {
    if (value === undefined || value === null || this.#isSpent) return;
    // What an update leaves alone was in order once, or is not this update's fault (KEP-4008).
    const isUnchanged = old !== undefined && deepEqual(value, old);
    if (place.rules.length > 0 && place.type !== undefined) this.#rules(place.rules, place.type, value, old, path, isUnchanged);
    if (Array.isArray(value)) this.#list(place, value, old, path);
    else if (typeof value === 'object') this.#members(place, value as Readonly<Record<string, unknown>>, old, path);
  }

  #members(place: Place, members: Readonly<Record<string, unknown>>, old: unknown, path: string): void {
    const before = (name: string): unknown => (typeof old === 'object' && old !== null && Object.hasOwn(old, name) ? (old as Readonly<Record<string, unknown>>)[name] : undefined);
    for (const [name, inner] of place.properties) if (Object.hasOwn(members, name)) this.#place(inner, members[name], before(name), child(path, name));
    if (place.each === undefined) return;
    for (const [name, member] of Object.entries(members)) if (!place.properties.has(name)) this.#place(place.each, member, before(name), at(path, name));
  }

  /** Elements have a past only where keys tell them apart. */
  #list({ node, each }: Place, list: readonly unknown[], old: unknown, path: string): void {
    if (each === undefined) return;
    const keys = node.listType === 'map' ? (node.listMapKeys ?? []) : undefined;
    const before = keys === undefined || !Array.isArray(old) ? undefined : new Map(old.map((item: unknown) => [identity(item, keys), item]));
    list.forEach((item, index) => this.#place(each, item, keys === undefined ? undefined : before?.get(identity(item, keys)), at(path, index)));
  }

  #rules(rules: readonly CompiledRule[], type: Type, value: unknown, old: unknown, path: string, isUnchanged: boolean): void {
    let self: Value | undefined;
    let oldSelf: Value | undefined;
    for (const compiled of rules) {
      const { rule, isTransition } = compiled;
      if (isTransition ? old === undefined && rule.optionalOldSelf !== true : isUnchanged) continue;
      try {
        self ??= toCel(value, type);
        oldSelf ??= old === undefined ? undefined : toCel(old, type);
      } catch (error) {
        // Not of its type: the schema's own error says so.
        if (error instanceof EvaluationError) return;
        throw error;
      }
      const past = rule.optionalOldSelf === true ? (oldSelf === undefined ? Optional.none : new Optional(oldSelf)) : oldSelf;
      this.#rule(compiled, { self, ...(past === undefined ? {} : { oldSelf: past }) }, typeName(type), path);
      if (this.#isSpent) return;
    }
  }

  #rule(compiled: CompiledRule, inputs: Inputs, type: string, path: string): void {
    const { rule, program } = compiled;
    const budget = new Budget(Math.min(ruleCostMax, this.#budget.left));
    const before = budget.left;
    try {
      if (program.evaluate(inputs, budget) !== true) this.#errors.push(errorOf(rule, fieldOf(rule, path), type, this.#message(compiled, inputs, budget)));
    } catch (error) {
      if (error instanceof BudgetError) this.#spent(type, path, rule);
      else if (error instanceof EvaluationError) this.#errors.push(invalidValue(path, type, `${error.message} evaluating rule: ${rule.message ?? rule.rule}`));
      else throw error;
    }
    try {
      this.#budget.charge(before - Math.max(0, budget.left));
    } catch {
      this.#spent(type, path, rule);
    }
  }

  #spent(type: string, path: string, rule: CelRule): void {
    if (this.#isSpent) return;
    this.#isSpent = true;
    this.#errors.push(invalidValue(path, type, `validation failed due to running out of cost budget, no further validation rules will be run: ${rule.message ?? rule.rule}`));
  }

  #message({ rule, message }: CompiledRule, inputs: Inputs, budget: Budget): string {
    if (message !== undefined) {
      try {
        const text = message.evaluate(inputs, budget);
        if (typeof text === 'string' && text.trim() !== '' && !text.includes('\n')) return text.trim();
      } catch (error) {
        if (!(error instanceof EvaluationError) && !(error instanceof BudgetError)) throw error;
      }
    }
    return rule.message === undefined || rule.message === '' ? `failed rule: ${rule.rule}` : rule.message;
  }
}

const identity = (item: unknown, keys: readonly string[]): string =>
  JSON.stringify(keys.map((key) => (typeof item === 'object' && item !== null && Object.hasOwn(item, key) ? (item as Readonly<Record<string, unknown>>)[key] : null)));

function typeName(type: Type): string {
  switch (type.kind) {
    case 'list':
      return 'array';
    case 'map':
      return 'object';
    case 'int':
      return 'integer';
    case 'double':
      return 'number';
    case 'bool':
      return 'boolean';
    case 'object':
      return 'object';
    default:
      return 'string';
  }
}

/** Where a rule says that the fault is; below the root of an object a path has no leading dot. */
function fieldOf({ fieldPath }: CelRule, path: string): string {
  if (fieldPath === undefined) return path;
  return path === '' && fieldPath.startsWith('.') ? fieldPath.slice(1) : `${path}${fieldPath}`;
}

function errorOf(rule: CelRule, path: string, type: string, message: string): FieldError {
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return forbidden(path, message);
    case 'FieldValueRequired':
      return required(path, message);
    case 'FieldValueDuplicate':
      return duplicate(path, type);
    default:
      return invalidValue(path, type, message);
  }
}
