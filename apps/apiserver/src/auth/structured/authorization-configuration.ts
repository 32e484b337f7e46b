import { boolType, type Program } from '@rhythm/cel';
import { toError } from '@rhythm/base';
import { parseDocument, type Section } from '../../config-files/index.ts';
import { webhookEndpoint, type WebhookEndpoint } from '../webhook/kubeconfig.ts';
import { accessEnvironment, expressionOf } from './expressions.ts';
import { structuredLimits as limits } from './limits.ts';

export interface WebhookAuthorizerConfig {
  readonly type: 'Webhook';
  readonly name: string;
  readonly endpoint: WebhookEndpoint;
  readonly timeoutMs: number;
  /** How long answers are good; 0: for one question. */
  readonly allowedMs: number;
  readonly deniedMs: number;
  /** What becomes of a request when the webhook, or a condition, gives no answer. */
  readonly failurePolicy: 'NoOpinion' | 'Deny';
  /** All must hold for the webhook to be asked. */
  readonly conditions: readonly Program[];
}

export type AuthorizerConfig = { readonly type: 'Node' | 'RBAC'; readonly name: string } | WebhookAuthorizerConfig;

export interface AuthorizationConfiguration {
  /** In the order in which they are asked; at least one. */
  readonly authorizers: readonly AuthorizerConfig[];
}

/**
 * Reads an AuthorizationConfiguration of apiserver.config.k8s.io/v1, and the kubeconfig files that it names.
 * @throws ConfigFileError that names each field that is wrong.
 */
export function parseAuthorizationConfiguration(text: string, read: (path: string) => string): AuthorizationConfiguration {
  return parseDocument(text, 'AuthorizationConfiguration', ['apiserver.config.k8s.io/v1', 'apiserver.config.k8s.io/v1beta1'], (root) => {
    const sections = root.sections('authorizers');
    if (sections.length === 0) root.problem('authorizers', 'Required value: at least one authorization mode must be defined');
    if (sections.length > limits.authorizersMax) root.problem('authorizers', `Too many: ${sections.length}: must have at most ${limits.authorizersMax} items`);
    const seen = { names: new Set<string>(), types: new Set<string>() };
    const authorizers = sections.slice(0, limits.authorizersMax).map((section) => authorizerOf(section, seen, read));
    return { authorizers: authorizers.filter((one) => one !== undefined) };
  });
}

function authorizerOf(section: Section, { names, types }: { readonly names: Set<string>; readonly types: Set<string> }, read: (path: string) => string): AuthorizerConfig | undefined {
  const type = section.oneOf('type', ['Node', 'RBAC', 'Webhook'] as const);
  const name = section.needed('name');
  const webhook = section.section('webhook');
  section.refuseUnknown();
  if (name !== '' && (name.length > 253 || !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name))) section.problem('name', `Invalid value: ${JSON.stringify(name)}: must be a lower-case RFC 1123 subdomain`);
  if (name !== '' && names.has(name)) section.problem('name', `Duplicate value: ${JSON.stringify(name)}`);
  names.add(name);
  if (type === undefined) return undefined;
  if (type === 'Webhook') {
    if (webhook === undefined) section.problem('webhook', 'Required value: required when type=Webhook');
    return webhook === undefined ? undefined : webhookOf(webhook, name, read);
  }
  if (types.has(type)) section.problem('type', `Duplicate value: ${JSON.stringify(type)}`);
  types.add(type);
  if (webhook !== undefined) section.problem('webhook', 'Invalid value: may only be specified when type=Webhook');
  return { type, name };
}

function webhookOf(section: Section, name: string, read: (path: string) => string): WebhookAuthorizerConfig | undefined {
  const timeoutMs = section.duration('timeout', 0);
  if (!section.has('timeout')) section.problem('timeout', 'Required value');
  else if (timeoutMs <= 0 || timeoutMs > limits.webhookTimeoutMsMax) section.problem('timeout', 'Invalid value: must be > 0s and <= 30s');
  const cached = { allowed: section.flag('cacheAuthorizedRequests', true), denied: section.flag('cacheUnauthorizedRequests', true) };
  const [allowedMs, deniedMs] = [ttl(section, 'authorizedTTL', 300_000), ttl(section, 'unauthorizedTTL', 30_000)];
  section.oneOf('subjectAccessReviewVersion', ['v1'] as const);
  const failurePolicy = section.oneOf('failurePolicy', ['NoOpinion', 'Deny'] as const);
  const conditions = conditionsOf(section);
  const info = section.section('connectionInfo');
  section.refuseUnknown();
  if (info === undefined) section.problem('connectionInfo', 'Required value');
  const endpoint = info === undefined ? undefined : endpointOf(info, read);
  if (endpoint === undefined || failurePolicy === undefined) return undefined;
  return { type: 'Webhook', name, endpoint, timeoutMs, allowedMs: cached.allowed ? allowedMs : 0, deniedMs: cached.denied ? deniedMs : 0, failurePolicy, conditions };
}

function ttl(section: Section, name: string, byDefaultMs: number): number {
  const ms = section.duration(name, byDefaultMs);
  if (ms <= 0) section.problem(name, 'Invalid value: must be > 0s');
  return ms;
}

function conditionsOf(section: Section): Program[] {
  const sections = section.sections('matchConditions');
  if (sections.length > limits.rulesMax) section.problem('matchConditions', `Too many: ${sections.length}: must have at most ${limits.rulesMax} items`);
  if (section.has('matchConditionSubjectAccessReviewVersion') || sections.length > 0) section.oneOf('matchConditionSubjectAccessReviewVersion', ['v1'] as const);
  const seen = new Set<string>();
  return sections.slice(0, limits.rulesMax).flatMap((condition) => {
    const expression = condition.needed('expression');
    condition.refuseUnknown();
    if (expression === '') return [];
    if (seen.has(expression)) condition.problem('expression', `Duplicate value: ${JSON.stringify(expression)}`);
    seen.add(expression);
    const program = expressionOf(condition, 'expression', accessEnvironment, boolType);
    return program === undefined ? [] : [program];
  });
}

function endpointOf(section: Section, read: (path: string) => string): WebhookEndpoint | undefined {
  const type = section.text('type');
  const path = section.text('kubeConfigFile');
  section.refuseUnknown();
  if (type === 'InClusterConfig') section.problem('type', 'Unsupported value: "InClusterConfig": this server is no pod: use KubeConfigFile');
  else if (type !== 'KubeConfigFile') section.problem('type', type === '' ? 'Required value' : `Unsupported value: ${JSON.stringify(type)}: supported values: "KubeConfigFile"`);
  else if (path === '') section.problem('kubeConfigFile', 'Required value');
  else if (!path.startsWith('/')) section.problem('kubeConfigFile', `Invalid value: ${JSON.stringify(path)}: must be an absolute path`);
  else {
    try {
      return webhookEndpoint(path, read);
    } catch (error) {
      section.problem('kubeConfigFile', `Invalid value: ${JSON.stringify(path)}: ${toError(error).message}`);
    }
  }
  return undefined;
}
