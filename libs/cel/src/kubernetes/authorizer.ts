import { overloads, type Overload } from '../check/overload.ts';
import { EvaluationError } from '../run/error.ts';
import { OpaqueValue } from '../run/value.ts';

/** What an authorizer is asked; the caller fills in who asks. */
export interface AuthorizationQuestion {
  /** Another user than the request's: a service account. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
  readonly verb: string;
  /** Of questions about paths that are no resources. */
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

export interface AuthorizationAnswer {
  readonly allowed: boolean;
  readonly reason: string;
  readonly error?: string;
}

export type Authorize = (question: AuthorizationQuestion) => AuthorizationAnswer;

const checkCost = 350_000;
type Partial = Omit<AuthorizationQuestion, 'verb'>;

class Question extends OpaqueValue {
  readonly typeName: string;
  readonly authorize: Authorize;
  readonly asked: Partial;

  constructor(typeName: string, authorize: Authorize, asked: Partial) {
    super();
    this.typeName = typeName;
    this.authorize = authorize;
    this.asked = asked;
  }

  equals(other: OpaqueValue): boolean {
    return other === this;
  }
}

class Decision extends OpaqueValue {
  readonly typeName = 'kubernetes.authorization.Decision';
  readonly answer: AuthorizationAnswer;

  constructor(answer: AuthorizationAnswer) {
    super();
    this.answer = answer;
  }

  equals(other: OpaqueValue): boolean {
    return other === this;
  }
}

const authorizerName = 'kubernetes.authorization.Authorizer';
const pathName = 'kubernetes.authorization.PathCheck';
const groupName = 'kubernetes.authorization.GroupCheck';
const resourceName = 'kubernetes.authorization.ResourceCheck';
const decisionName = 'kubernetes.authorization.Decision';

/** The value of the variable `authorizer`. */
export const authorizerValue = (authorize: Authorize): OpaqueValue => new Question(authorizerName, authorize, {});

/** The value of the variable `authorizer.requestResource`. */
export const resourceCheckValue = (authorize: Authorize, resource: Partial): OpaqueValue => new Question(resourceName, authorize, resource);

const next = (typeName: string, add: (...args: string[]) => Partial) => (from: Question, ...args: string[]): Question => new Question(typeName, from.authorize, { ...from.asked, ...add(...args) });
const decide = ({ authorize, asked }: Question, verb: string): Decision => new Decision(authorize({ ...asked, verb }));
const refine = (field: keyof Partial): ((from: Question, text: string) => Question) => next(resourceName, (text = '') => ({ [field]: text }));

/** Kubernetes' authorizer library: what the author of a request may do beyond it. */
export const authorizers: readonly Overload[] = overloads([
  [`(${authorizerName}).path(string): ${pathName}`, next(pathName, (path = '') => ({ path: required(path) }))],
  [`(${authorizerName}).group(string): ${groupName}`, next(groupName, (group = '') => ({ group }))],
  [`(${authorizerName}).serviceAccount(string, string): ${authorizerName}`, next(authorizerName, (namespace = '', name = '') => ({ serviceAccount: { namespace, name } }))],
  [`(${groupName}).resource(string): ${resourceName}`, next(resourceName, (resource = '') => ({ resource }))],
  [`(${resourceName}).subresource(string): ${resourceName}`, refine('subresource')],
  [`(${resourceName}).namespace(string): ${resourceName}`, refine('namespace')],
  [`(${resourceName}).name(string): ${resourceName}`, refine('name')],
  [`(${resourceName}).fieldSelector(string): ${resourceName}`, refine('fieldSelector')],
  [`(${resourceName}).labelSelector(string): ${resourceName}`, refine('labelSelector')],
  [`(${pathName}).check(string): ${decisionName}`, decide, () => checkCost],
  [`(${resourceName}).check(string): ${decisionName}`, decide, () => checkCost],
  [`(${decisionName}).allowed(): bool`, ({ answer }: Decision) => answer.allowed],
  [`(${decisionName}).reason(): string`, ({ answer }: Decision) => answer.reason],
  [`(${decisionName}).errored(): bool`, ({ answer }: Decision) => answer.error !== undefined],
  [`(${decisionName}).error(): string`, ({ answer }: Decision) => answer.error ?? ''],
]);

function required(path: string): string {
  if (path === '') throw new EvaluationError('path must not be empty');
  return path;
}
