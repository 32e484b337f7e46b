import type { KindDefinition, KubeObject } from '@rhythm/api';
import type { MatchCondition } from '@rhythm/api/types/admissionregistration-v1';
import type { Namespace } from '@rhythm/api/types/core-v1';
import { authorizerValue, boolType, Budget, BudgetError, CompileError, dynType, Environment, EvaluationError, opaque, resourceCheckValue, toCel, type AuthorizationAnswer, type AuthorizationQuestion, type Inputs, type Program, type Type, type Value } from '@rhythm/cel';
import type { AdmissionRequest, Authorizer, RequestAttributes } from '../../ports/types.ts';
import type { Matched } from './match.ts';

/** Units that the conditions of one webhook or policy may use together (kube-apiserver: RuntimeCELCostBudgetMatchConditions). */
const conditionsCostMax = 2_500_000;
/** Questions to the authorizer that one evaluation may ask. */
const questionsMax = 20;

/** What every expression of admission may name. */
export const admissionTypes: Readonly<Record<string, Type>> = {
  object: dynType,
  oldObject: dynType,
  request: dynType,
  namespaceObject: dynType,
  authorizer: opaque('kubernetes.authorization.Authorizer'),
  'authorizer.requestResource': opaque('kubernetes.authorization.ResourceCheck'),
};

/** Conditions of webhooks do not see the namespace. */
const { namespaceObject: _namespaceObject, ...conditionTypes } = admissionTypes;
export const conditionEnvironment = new Environment({ variables: conditionTypes });
export const policyConditionEnvironment = new Environment({ variables: { ...admissionTypes, params: dynType } });

/** The values of the variables of one request, and how its questions to the authorizer are answered. */
export interface AdmissionVariables {
  readonly inputs: Inputs;
  readonly authorizer: Authorizer;
  readonly request: AdmissionRequest;
}

export function admissionVariables(request: AdmissionRequest, matched: Matched, authorizer: Authorizer, namespace?: Namespace): AdmissionVariables {
  const once = (make: () => Value): (() => Value) => {
    let made: Value | undefined;
    return () => (made ??= make());
  };
  const untyped = (object: KubeObject | undefined): (() => Value) => once(() => (object === undefined ? null : toCel(object, dynType)));
  return {
    inputs: { object: untyped(matched.object), oldObject: untyped(matched.old), request: once(() => toCel(requestDocument(request, matched), dynType)), namespaceObject: untyped(namespace) },
    authorizer,
    request,
  };
}

/** The request as expressions and webhooks see it (admission/v1 AdmissionRequest), without the objects. */
export function requestDocument(request: AdmissionRequest, matched: Matched): Record<string, unknown> {
  const { attributes, kind, operation, dryRun } = request;
  const { user } = attributes;
  const { subresource } = attributes;
  const { object } = request;
  const kindOf = (of: KindDefinition): object => {
    // A subresource with a body of its own is of that kind: Binding, PodExecOptions.
    const { group, version, kind: name } = subresource === '' || object?.kind === of.kind ? of : (of.subresources.find((sub) => sub.name === subresource) ?? of);
    return { group, version, kind: name };
  };
  const resourceOf = ({ group, version, plural }: typeof kind): object => ({ group, version, resource: plural });
  const name = attributes.name !== '' ? attributes.name : ((request.object ?? request.old)?.metadata?.name ?? '');
  return {
    kind: kindOf(matched.kind),
    resource: resourceOf(matched.kind),
    ...(subresource === '' ? {} : { subResource: subresource, requestSubResource: subresource }),
    requestKind: kindOf(kind),
    requestResource: resourceOf(kind),
    name,
    ...(attributes.namespace === '' ? {} : { namespace: attributes.namespace }),
    operation,
    userInfo: { username: user.name, ...(user.uid === undefined ? {} : { uid: user.uid }), groups: [...user.groups], ...(user.extra === undefined ? {} : { extra: user.extra }) },
    dryRun,
  };
}

/** A question has no answer yet: the evaluation starts again once it has. Not an error of the expression. */
class Unanswered extends Error {
  readonly question: AuthorizationQuestion;

  constructor(question: AuthorizationQuestion) {
    super('a question to the authorizer');
    this.question = question;
  }
}

/**
 * Evaluates with the variables `authorizer` and `authorizer.requestResource`. Authorizers answer in their own time, expressions do not wait: an
 * evaluation that asks ends, and is run again with the answer.
 */
export async function evaluateWithAuthorizer<T>(variables: AdmissionVariables, evaluate: (inputs: Inputs) => T): Promise<T> {
  const answers = new Map<string, AuthorizationAnswer>();
  const ask = (question: AuthorizationQuestion): AuthorizationAnswer => {
    const answer = answers.get(JSON.stringify(question));
    if (answer === undefined) throw new Unanswered(question);
    return answer;
  };
  const { attributes } = variables.request;
  const { group, resource, subresource, namespace, name } = attributes;
  const inputs: Inputs = {
    ...variables.inputs,
    authorizer: authorizerValue(ask),
    'authorizer.requestResource': resourceCheckValue(ask, { group, resource, ...(subresource === '' ? {} : { subresource }), ...(namespace === '' ? {} : { namespace }), ...(name === '' ? {} : { name }) }),
  };
  for (;;) {
    try {
      return evaluate(inputs);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      if (answers.size >= questionsMax) throw new EvaluationError(`an expression may ask the authorizer at most ${questionsMax} questions`);
      answers.set(JSON.stringify(error.question), await answerOf(variables.authorizer, attributes, error.question));
    }
  }
}

async function answerOf(authorizer: Authorizer, { user }: RequestAttributes, question: AuthorizationQuestion): Promise<AuthorizationAnswer> {
  const account = question.serviceAccount;
  const asker = account === undefined ? user : { name: `system:serviceaccount:${account.namespace}:${account.name}`, groups: ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`, 'system:authenticated'] };
  try {
    const { allowed, reason } = await authorizer.authorize({
      user: asker,
      verb: question.verb,
      isResource: question.path === undefined,
      path: question.path ?? '',
      group: question.group ?? '',
      version: '*',
      resource: question.resource ?? '',
      subresource: question.subresource ?? '',
      namespace: question.namespace ?? '',
      name: question.name ?? '',
      ...(question.fieldSelector === undefined ? {} : { fieldSelector: question.fieldSelector }),
      ...(question.labelSelector === undefined ? {} : { labelSelector: question.labelSelector }),
    });
    return { allowed, reason };
  } catch (error) {
    return { allowed: false, reason: '', error: error instanceof Error ? error.message : String(error) };
  }
}

/** The conditions of a webhook or policy, ready to be evaluated. Faults keep their place in the list. */
export interface CompiledConditions {
  readonly programs: ReadonlyArray<{ readonly name: string; readonly program: Program }>;
  readonly faults: ReadonlyArray<{ readonly index: number; readonly message: string }>;
}

export function compileConditions(conditions: readonly MatchCondition[] | undefined, environment: Environment): CompiledConditions {
  const programs: { name: string; program: Program }[] = [];
  const faults: { index: number; message: string }[] = [];
  for (const [index, { name, expression }] of (conditions ?? []).entries()) {
    try {
      programs.push({ name, program: environment.compile(expression, boolType) });
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      faults.push({ index, message: `compilation failed: ${error.message}` });
    }
  }
  return { programs, faults };
}

/**
 * Whether all conditions hold. One that is false decides, even when others fail; otherwise a failure is thrown as `EvaluationError`
 * and the failure policy says what becomes of the request.
 */
export async function conditionsHold({ programs }: CompiledConditions, variables: AdmissionVariables): Promise<boolean> {
  if (programs.length === 0) return true;
  const budget = new Budget(conditionsCostMax);
  return evaluateWithAuthorizer(variables, (inputs) => {
    let failure: EvaluationError | undefined;
    for (const { name, program } of programs) {
      try {
        if (program.evaluate(inputs, budget) !== true) return false;
      } catch (error) {
        if (error instanceof BudgetError) throw new EvaluationError(`matchCondition ${name}: out of budget`, { cause: error });
        if (!(error instanceof EvaluationError)) throw error;
        failure ??= new EvaluationError(`expression '${program.source}' resulted in error: ${error.message}`, { cause: error });
      }
    }
    if (failure !== undefined) throw failure;
    return true;
  });
}
