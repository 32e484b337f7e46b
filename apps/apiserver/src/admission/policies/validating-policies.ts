import { ApiError, invalid, invalidValue, isReason, type KindRegistry, type KubeObject, type StatusReason } from '@rhythm/api';
import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, Validation } from '@rhythm/api/types/admissionregistration-v1';
import type { Namespace } from '@rhythm/api/types/core-v1';
import { Budget, BudgetError, dynType, EvaluationError, ObjectValue, toCel, type Inputs, type Value } from '@rhythm/cel';
import type { ResourceChanges } from '../../auth/ports.ts';
import type { AdmissionRequest, AdmissionStep, Authorizer, ObjectReader } from '../../ports/types.ts';
import { admissionVariables, conditionsHold, evaluateWithAuthorizer, isExemptFromPolicies, matchRequest, type AdmissionVariables, type Matched } from '../matching/index.ts';
import { refused } from '../refuse.ts';
import { compilePolicy, type CompiledPolicy } from './compiled-policy.ts';
import { paramsOf } from './params.ts';
import { PolicySet } from './policy-set.ts';

/** Units that one policy may use under one binding with one parameter (kube-apiserver: RuntimeCELCostBudget). */
const policyCostMax = 10_000_000;
const messageLengthMax = 5 * 1024;
/** Of one value in the audit log. */
const noteLengthMax = 10 * 1024;
const failureNote = 'validation.policy.admission.k8s.io/validation_failure';

export interface PolicyPorts {
  readonly registry: KindRegistry;
  readonly reader: ObjectReader;
  readonly authorizer: Authorizer;
  readonly changes: ResourceChanges;
}

/** What goes to the audit log: the values of each key, and what was found under bindings that want it noted. */
type Notes = Map<string, Set<string>>;

/** One thing that a policy has to say against a request. */
interface Finding {
  readonly policy: string;
  readonly binding: ValidatingAdmissionPolicyBinding;
  readonly message: string;
  readonly reason: StatusReason;
  /** Which of the policy's validations it is. */
  readonly index: number;
}

/** ValidatingAdmissionPolicies (KEP-3488) judge requests with expressions, in this process; and policies that make no sense are refused. */
export function validatingPolicies(ports: PolicyPorts): AdmissionStep {
  const policies = new PolicySet(ports.reader, ports.changes);
  return {
    name: 'ValidatingAdmissionPolicy',
    validate(request) {
      checkPolicy(request);
      const current = policies.current();
      if (isNone(current) || isExemptFromPolicies(request)) return;
      return judgeAll(current, request, ports);
    },
  };
}

/** Known at once to be empty: then there is nothing to wait for. */
function isNone(current: ReturnType<PolicySet['current']>): boolean {
  return Array.isArray(current) && current.length === 0;
}

async function judgeAll(current: ReturnType<PolicySet['current']>, request: AdmissionRequest, ports: PolicyPorts): Promise<void> {
  const findings: Finding[] = [];
  const notes: Notes = new Map();
  for (const { compiled, bindings } of await current) findings.push(...(await judge(compiled, bindings, request, ports, notes)));
  note(request, notes, findings);
  act(request, findings);
}

/** @throws ApiError Invalid for a policy whose expressions do not compile. */
function checkPolicy(request: AdmissionRequest): void {
  const { kind, attributes, object } = request;
  if (kind.group !== 'admissionregistration.k8s.io' || kind.plural !== 'validatingadmissionpolicies' || attributes.subresource !== '' || object === undefined) return;
  const { faults } = compilePolicy(object as ValidatingAdmissionPolicy);
  if (faults.length > 0) throw invalid(kind, object.metadata.name ?? '', faults.map(({ field, expression, message }) => invalidValue(field, expression, message)));
}

async function judge(compiled: CompiledPolicy, bindings: readonly ValidatingAdmissionPolicyBinding[], request: AdmissionRequest, ports: PolicyPorts, notes: Notes): Promise<Finding[]> {
  const { spec } = compiled.policy;
  const { resourceRules, ...selectors } = spec.matchConstraints ?? {};
  const matched = await matchRequest({ ...selectors, rules: resourceRules }, request, ports);
  if (matched === undefined) return [];
  const findings: Finding[] = [];
  for (const binding of bindings) {
    if (!(await isBound(binding, request, ports))) continue;
    findings.push(...(await underBinding(compiled, binding, matched, request, ports, notes)));
  }
  return findings;
}

/** A binding without rules narrows nothing but by its selectors. */
async function isBound({ spec }: ValidatingAdmissionPolicyBinding, request: AdmissionRequest, ports: PolicyPorts): Promise<boolean> {
  if (spec.matchResources === undefined) return true;
  const { resourceRules, ...selectors } = spec.matchResources;
  const everything = [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*', '*'] }];
  const rules = (resourceRules ?? []).length === 0 ? everything : resourceRules;
  return (await matchRequest({ ...selectors, rules }, request, ports)) !== undefined;
}

async function underBinding(compiled: CompiledPolicy, binding: ValidatingAdmissionPolicyBinding, matched: Matched, request: AdmissionRequest, ports: PolicyPorts, notes: Notes): Promise<Finding[]> {
  const { policy } = compiled;
  const name = policy.metadata.name ?? '';
  const failed = (message: string, index = 0): Finding[] => (policy.spec.failurePolicy === 'Ignore' ? [] : [{ policy: name, binding, message, reason: 'Invalid', index }]);
  try {
    const [fault] = compiled.faults;
    if (fault !== undefined) return failed(`${fault.field}: ${fault.message}`);
    const namespace = await namespaceOf(request, ports.reader);
    const variables = admissionVariables(request, matched, ports.authorizer, namespace);
    const findings: Finding[] = [];
    for (const params of await paramsOf(policy.spec.paramKind, binding.spec.paramRef, request.attributes.namespace, ports)) {
      const own = policy.spec.paramKind === undefined ? variables : withParams(variables, params);
      if (!(await conditionsHold(compiled.conditions, own))) continue;
      const { found, values } = await evaluateWithAuthorizer(own, (inputs) => evaluate(compiled, inputs, request.annotate !== undefined));
      for (const [key, value] of values) notes.set(`${name}/${key}`, (notes.get(`${name}/${key}`) ?? new Set()).add(value));
      findings.push(...found.flatMap((one) => ('error' in one ? failed(one.error, one.index) : [{ policy: name, binding, ...one }])));
    }
    return findings;
  } catch (error) {
    if (error instanceof EvaluationError) return failed(error.message);
    throw error;
  }
}

function namespaceOf({ kind, attributes }: AdmissionRequest, reader: ObjectReader): Promise<Namespace | undefined> {
  const isWithin = kind.namespaced && attributes.namespace !== '';
  return isWithin ? reader.get<Namespace>('', 'namespaces', '', attributes.namespace) : Promise.resolve(undefined);
}

function withParams(variables: AdmissionVariables, params: KubeObject | undefined): AdmissionVariables {
  return { ...variables, inputs: { ...variables.inputs, params: params === undefined ? null : toCel(params, dynType) } };
}

/** The variables of a policy, each evaluated when it is first read. */
class LazyVariables extends Map<string, Value> {
  readonly #compute: (name: string) => Value | undefined;

  constructor(compute: (name: string) => Value | undefined) {
    super();
    this.#compute = compute;
  }

  override get(name: string): Value | undefined {
    const known = super.get(name);
    if (known !== undefined) return known;
    const value = this.#compute(name);
    if (value !== undefined) this.set(name, value);
    return value;
  }
}

type Found = { readonly index: number } & ({ readonly message: string; readonly reason: StatusReason } | { readonly error: string });
type Evaluated = { readonly found: Found[]; readonly values: ReadonlyArray<readonly [key: string, value: string]> };

/** @param isNoted whether anybody reads the audit log */
function evaluate({ validations, variables, annotations }: CompiledPolicy, given: Inputs, isNoted: boolean): Evaluated {
  const budget = new Budget(policyCostMax);
  const programs = new Map(variables.map(({ name, program }) => [name, program]));
  const inputs: Inputs = { ...given, variables: new ObjectValue('kubernetes.variables', new LazyVariables((name) => programs.get(name)?.evaluate(inputs, budget))) };
  const found: Found[] = [];
  const values: Array<readonly [string, string]> = [];
  for (const [index, { validation, program, message }] of validations.entries()) {
    try {
      if (program.evaluate(inputs, budget) === true) continue;
      const text = message === undefined ? undefined : messageOf(() => message.evaluate(inputs, budget));
      found.push({ index, message: text ?? plainMessage(validation), reason: isReason(validation.reason) ? validation.reason : 'Invalid' });
    } catch (error) {
      if (error instanceof BudgetError) return { found: [...found, { index, error: outOfBudget(validation.expression) }], values };
      if (!(error instanceof EvaluationError)) throw error;
      found.push({ index, error: `expression '${validation.expression}' resulted in error: ${error.message}` });
    }
  }
  for (const { key, expression, program } of isNoted ? annotations : []) {
    try {
      const value = program.evaluate(inputs, budget);
      if (typeof value === 'string' && value.trim() !== '') values.push([key, value.trim().slice(0, noteLengthMax)]);
    } catch (error) {
      if (!(error instanceof EvaluationError) && !(error instanceof BudgetError)) throw error;
      found.push({ index: 0, error: error instanceof BudgetError ? outOfBudget(expression) : `expression '${expression}' resulted in error: ${error.message}` });
      if (error instanceof BudgetError) break;
    }
  }
  return { found, values };
}

const outOfBudget = (expression: string): string => `expression '${expression}' resulted in error: validation failed due to running out of cost budget, no further validation rules will be run`;

function plainMessage({ message, expression }: Validation): string {
  return message !== undefined && message.trim() !== '' ? message.trim() : `failed expression: ${expression.trim()}`;
}

/** The text that an expression makes; undefined when it fails or makes nothing to show. */
function messageOf(make: () => Value): string | undefined {
  try {
    const text = make();
    return typeof text === 'string' && text.trim() !== '' && !text.includes('\n') && text.length <= messageLengthMax ? text.trim() : undefined;
  } catch (error) {
    if (error instanceof EvaluationError || error instanceof BudgetError) return undefined;
    throw error;
  }
}

/** What the policies say to the audit log, and what was found under bindings that want that noted. */
function note(request: AdmissionRequest, notes: Notes, findings: readonly Finding[]): void {
  for (const [key, values] of notes) request.annotate?.(key, [...values].join(', '));
  const noted = findings.filter(({ binding }) => (binding.spec.validationActions ?? []).includes('Audit'));
  if (noted.length === 0) return;
  const failures = noted.map(({ message, policy, binding, index }) => ({ message, policy, binding: binding.metadata.name ?? '', expressionIndex: index, validationActions: binding.spec.validationActions ?? [] }));
  request.annotate?.(failureNote, JSON.stringify(failures));
}

/** Warns, and refuses with the first finding that a binding wants denied. */
function act(request: AdmissionRequest, findings: readonly Finding[]): void {
  const denied: Finding[] = [];
  for (const finding of findings) {
    const actions = finding.binding.spec.validationActions ?? [];
    if (actions.includes('Warn')) request.warn(`Validation failed for ValidatingAdmissionPolicy '${finding.policy}' with binding '${finding.binding.metadata.name}': ${finding.message}`);
    if (actions.includes('Deny')) denied.push(finding);
  }
  const [first] = denied;
  if (first === undefined) return;
  const text = (finding: Finding): string => `ValidatingAdmissionPolicy '${finding.policy}' with binding '${finding.binding.metadata.name}' denied request: ${finding.message}`;
  const { message, details } = refused(request, text(first));
  throw new ApiError(first.reason, message, { details: { ...details, causes: denied.map((finding) => ({ message: text(finding) })) } });
}
