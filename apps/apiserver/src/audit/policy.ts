import { parseBody } from '@rhythm/api';
import type { RequestAttributes } from '../ports/types.ts';

/** How much of a request is written down: nothing, who did what, with the body, with the answer too. */
export type AuditLevel = 'None' | 'Metadata' | 'Request' | 'RequestResponse';
export type AuditStage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete';

const levels: readonly AuditLevel[] = ['None', 'Metadata', 'Request', 'RequestResponse'];
const stages: readonly AuditStage[] = ['RequestReceived', 'ResponseStarted', 'ResponseComplete'];

interface Rule {
  readonly level: AuditLevel;
  readonly users: readonly string[];
  readonly userGroups: readonly string[];
  readonly verbs: readonly string[];
  readonly resources: readonly { readonly group: string; readonly resources: readonly string[]; readonly resourceNames: readonly string[] }[];
  readonly namespaces: readonly string[];
  readonly nonResourceURLs: readonly string[];
  readonly omitStages: readonly AuditStage[];
}

/** What the first rule that fits says of a request. */
export interface AuditDecision {
  readonly level: AuditLevel;
  readonly omitStages: ReadonlySet<AuditStage>;
}

/** A policy of audit.k8s.io/v1. */
export class AuditPolicy {
  readonly #rules: readonly Rule[];
  readonly #omitStages: readonly AuditStage[];

  private constructor(rules: readonly Rule[], omitStages: readonly AuditStage[]) {
    this.#rules = rules;
    this.#omitStages = omitStages;
  }

  /** Reads a policy in YAML or JSON. Throws an error that names the field that is wrong. */
  static parse(text: string): AuditPolicy {
    const policy = record(parseBody(new TextEncoder().encode(text), 'application/yaml').value, 'the policy');
    if (policy['kind'] !== 'Policy' || policy['apiVersion'] !== 'audit.k8s.io/v1') throw new Error('kind and apiVersion: must be Policy of audit.k8s.io/v1');
    const rules = list(policy['rules'], 'rules').map((rule, index) => ruleOf(record(rule, `rules[${index}]`), `rules[${index}]`));
    if (rules.length === 0) throw new Error('rules: at least one is needed');
    return new AuditPolicy(rules, oneEach(policy['omitStages'], 'omitStages', stages));
  }

  decide(attributes: RequestAttributes): AuditDecision {
    const rule = this.#rules.find((one) => matches(one, attributes));
    return { level: rule?.level ?? 'None', omitStages: new Set([...this.#omitStages, ...(rule?.omitStages ?? [])]) };
  }
}

function ruleOf(rule: Readonly<Record<string, unknown>>, path: string): Rule {
  const [level] = oneEach([rule['level']], `${path}.level`, levels);
  return {
    level: level ?? 'None',
    users: texts(rule['users'], `${path}.users`),
    userGroups: texts(rule['userGroups'], `${path}.userGroups`),
    verbs: texts(rule['verbs'], `${path}.verbs`),
    resources: list(rule['resources'], `${path}.resources`).map((found, index) => {
      const at = `${path}.resources[${index}]`;
      const entry = record(found, at);
      return { group: typeof entry['group'] === 'string' ? entry['group'] : '', resources: texts(entry['resources'], `${at}.resources`), resourceNames: texts(entry['resourceNames'], `${at}.resourceNames`) };
    }),
    namespaces: texts(rule['namespaces'], `${path}.namespaces`),
    nonResourceURLs: texts(rule['nonResourceURLs'], `${path}.nonResourceURLs`),
    omitStages: oneEach(rule['omitStages'], `${path}.omitStages`, stages),
  };
}

function record(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${path}: must be an object`);
  return value as Readonly<Record<string, unknown>>;
}

function list(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Error(`${path}: must be a list`);
  return value;
}

function texts(value: unknown, path: string): string[] {
  return list(value, path).map((item, index) => {
    if (typeof item !== 'string') throw new Error(`${path}[${index}]: must be text`);
    return item;
  });
}

function oneEach<T extends string>(value: unknown, path: string, allowed: readonly T[]): T[] {
  return list(value, path).map((item) => {
    const found = allowed.find((one) => one === item);
    if (found === undefined) throw new Error(`${path}: must be one of ${allowed.join(', ')}`);
    return found;
  });
}

const includes = (wanted: readonly string[], value: string): boolean => wanted.length === 0 || wanted.includes(value);

function matches(rule: Rule, attributes: RequestAttributes): boolean {
  const { user, verb } = attributes;
  if (!includes(rule.users, user.name) || !includes(rule.verbs, verb)) return false;
  if (rule.userGroups.length > 0 && !rule.userGroups.some((group) => user.groups.includes(group))) return false;
  if (attributes.isResource) {
    if (rule.nonResourceURLs.length > 0 && rule.resources.length === 0 && rule.namespaces.length === 0) return false;
    return includes(rule.namespaces, attributes.namespace) && (rule.resources.length === 0 || rule.resources.some((one) => resourceMatches(one, attributes)));
  }
  if (rule.resources.length > 0 || rule.namespaces.length > 0) return false;
  return rule.nonResourceURLs.length === 0 || rule.nonResourceURLs.some((url) => (url.endsWith('*') ? attributes.path.startsWith(url.slice(0, -1)) : url === attributes.path));
}

/** `pods`, `pods/log`, `pods/*`, and the subresource of all resources, as `*` before `/status`. */
function resourceMatches({ group, resources, resourceNames }: Rule['resources'][number], { group: own, resource, subresource, name }: RequestAttributes): boolean {
  if (group !== own || !includes(resourceNames, name)) return false;
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  return resources.length === 0 || resources.some((one) => one === '*' || one === whole || one === `${resource}/*` || (subresource !== '' && one === `*/${subresource}`));
}
