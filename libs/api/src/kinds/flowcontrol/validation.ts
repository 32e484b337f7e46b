import type { FlowSchema, FlowSchemaCondition, LimitResponse, NonResourcePolicyRule, PolicyRulesWithSubjects, PriorityLevelConfiguration, QueuingConfiguration, ResourcePolicyRule, Subject } from '../../gen/types/flowcontrol-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, forbidden, invalidValue, notSupported, required } from '../../validation/field-error.ts';
import { checkDns1123Label, checkDns1123Subdomain } from '../../validation/names.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';
import { checked, distinct, each } from '../../validation/values.ts';
import { mandatoryFlowSchemas, mandatoryPriorityLevels } from './mandatory.ts';

const precedenceMax = 10_000;
const queuesMax = 10_000_000;
/** Bits of the hash by which a flow's queues are dealt. */
const hashBitsMax = 60;
const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];

export function validateFlowSchema({ metadata, spec }: FlowSchema): FieldError[] {
  const { matchingPrecedence: precedence, distinguisherMethod: method, priorityLevelConfiguration: level } = spec;
  const errors: FieldError[] = [];
  if (precedence <= 0) errors.push(invalidValue('spec.matchingPrecedence', precedence, 'must be a positive value'));
  if (precedence > precedenceMax) errors.push(invalidValue('spec.matchingPrecedence', precedence, `must not be greater than ${precedenceMax}`));
  if (precedence === 1 && metadata.name !== 'exempt') errors.push(invalidValue('spec.matchingPrecedence', 1, "only the schema named 'exempt' may have matchingPrecedence 1"));
  if (method !== undefined && method.type !== 'ByNamespace' && method.type !== 'ByUser') {
    // The method in its inner form, whose field has no name in JSON.
    errors.push(notSupported('spec.distinguisherMethod.type', { Type: method.type }, ['ByNamespace', 'ByUser']));
  }
  if ((level?.name ?? '') === '') errors.push(required('spec.priorityLevelConfiguration.name', 'must reference a priority level'));
  errors.push(...checked(level?.name, 'spec.priorityLevelConfiguration.name', checkDns1123Subdomain), ...each(spec.rules, 'spec.rules', validateRules));
  return [...errors, ...validateMandatory(mandatoryFlowSchemas, metadata.name, spec)];
}

export function validatePriorityLevel({ metadata, spec }: PriorityLevelConfiguration): FieldError[] {
  const { type, limited, exempt } = spec;
  const errors: FieldError[] = [];
  if ((metadata.name === 'exempt') !== (type === 'Exempt')) errors.push(invalidValue('spec.type', type, "type must be 'Exempt' if and only if name is 'exempt'"));
  if (type === 'Exempt') {
    if (limited !== undefined) errors.push(forbidden('spec.limited', 'must be nil if the type is not Limited'));
    errors.push(...validateShares(exempt?.nominalConcurrencyShares, 'spec.exempt'), ...validateLendable(exempt?.lendablePercent, 'spec.exempt'));
    return [...errors, ...validateMandatory(mandatoryPriorityLevels, metadata.name, withoutShares(spec))];
  }
  if (type !== 'Limited') return [...errors, notSupported('spec.type', type, ['Exempt', 'Limited'])];
  if (exempt !== undefined) errors.push(forbidden('spec.exempt', 'must be nil if the type is Limited'));
  if (limited === undefined) return [...errors, required('spec.limited', 'must not be empty when type is Limited')];
  errors.push(...validateShares(limited.nominalConcurrencyShares, 'spec.limited'), ...validateLimitResponse(limited.limitResponse, 'spec.limited.limitResponse'));
  errors.push(...validateLendable(limited.lendablePercent, 'spec.limited'));
  const borrowing = limited.borrowingLimitPercent;
  if (borrowing !== undefined && borrowing < 0) errors.push(invalidValue('spec.limited.borrowingLimitPercent', borrowing, 'if specified, must be a non-negative integer'));
  return [...errors, ...validateMandatory(mandatoryPriorityLevels, metadata.name, spec)];
}

/** Conditions of both kinds: each type once. */
export function validateFlowStatus({ status }: { readonly status?: { readonly conditions?: FlowSchemaCondition[] } }): FieldError[] {
  const path = 'status.conditions';
  return [
    ...distinct(status?.conditions, path, (c) => c.type, 'type'),
    ...each(status?.conditions, path, (c, here) => ((c.type ?? '') === '' ? [required(child(here, 'type'), 'must not be empty')] : [])),
  ];
}

/** What keeps the server reachable may not be changed, but for the shares of the exempt level. */
function validateMandatory(mandatory: ReadonlyMap<string, object>, name: string | undefined, spec: object): FieldError[] {
  const fixed = mandatory.get(name ?? '');
  return fixed === undefined || semanticEqual(spec, fixed) ? [] : [invalidValue('spec', spec, `spec of '${name}' must equal the fixed value`)];
}

function withoutShares(spec: PriorityLevelConfiguration['spec']): object {
  return { ...spec, exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } };
}

function validateShares(shares: number | undefined, path: string): FieldError[] {
  return shares !== undefined && shares < 0 ? [invalidValue(child(path, 'nominalConcurrencyShares'), shares, 'must be a non-negative integer')] : [];
}

function validateLendable(percent: number | undefined, path: string): FieldError[] {
  if (percent === undefined || (percent >= 0 && percent <= 100)) return [];
  return [invalidValue(child(path, 'lendablePercent'), percent, 'must be between 0 and 100, inclusive')];
}

function validateLimitResponse(response: LimitResponse | undefined, path: string): FieldError[] {
  const type = response?.type ?? '';
  const queuing = response?.queuing;
  const field = child(path, 'queuing');
  if (type === 'Reject') return queuing === undefined ? [] : [forbidden(field, 'must be nil if limited.limitResponse.type is not Limited')];
  if (type !== 'Queue') return [notSupported(child(path, 'type'), type, ['Queue', 'Reject'])];
  return queuing === undefined ? [required(field, 'must not be empty if limited.limitResponse.type is Limited')] : validateQueuing(queuing, field);
}

function validateQueuing({ queueLengthLimit, queues, handSize }: QueuingConfiguration, path: string): FieldError[] {
  const errors = queueLengthLimit <= 0 ? [invalidValue(child(path, 'queueLengthLimit'), queueLengthLimit, 'must be positive')] : [];
  if (queues <= 0) errors.push(invalidValue(child(path, 'queues'), queues, 'must be positive'));
  else if (queues > queuesMax) errors.push(invalidValue(child(path, 'queues'), queues, `must not be greater than ${queuesMax}`));
  const hand = child(path, 'handSize');
  if (handSize <= 0) errors.push(invalidValue(hand, handSize, 'must be positive'));
  else if (handSize > queues) errors.push(invalidValue(hand, handSize, `should not be greater than queues (${queues})`));
  else if (entropyBits(queues, handSize) > hashBitsMax) {
    errors.push(invalidValue(hand, handSize, `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${hashBitsMax}`));
  }
  return errors;
}

/** Bits that dealing a hand takes: more than a hash has are too many, so that counting may stop there. */
function entropyBits(queues: number, handSize: number): number {
  let bits = 0;
  for (let i = 0; i < handSize && bits <= hashBitsMax; i++) bits += Math.log2(queues - i);
  return Math.ceil(bits);
}

function validateRules(rule: PolicyRulesWithSubjects, path: string): FieldError[] {
  const errors = (rule.subjects ?? []).length === 0 ? [required(child(path, 'subjects'), 'subjects must contain at least one value')] : each(rule.subjects, child(path, 'subjects'), validateSubject);
  if ((rule.resourceRules ?? []).length + (rule.nonResourceRules ?? []).length === 0) {
    errors.push(required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  }
  return [
    ...errors,
    ...each(rule.resourceRules, child(path, 'resourceRules'), validateResourceRule),
    ...each(rule.nonResourceRules, child(path, 'nonResourceRules'), validateNonResourceRule),
  ];
}

/** Which member each kind of subject needs; the others may not be there. */
const members = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const;

function validateSubject(subject: Subject, path: string): FieldError[] {
  const kind = Object.hasOwn(members, subject.kind) ? (subject.kind as keyof typeof members) : undefined;
  if (kind === undefined) return [notSupported(child(path, 'kind'), subject.kind, ['Group', 'ServiceAccount', 'User'])];
  const own = members[kind];
  const others = (['ServiceAccount', 'User', 'Group'] as const).filter((other) => other !== kind && subject[members[other]] !== undefined);
  const superfluous = others.map((other) => forbidden(child(path, members[other]), `${members[other]} is forbidden when subject kind is not '${other}'`));
  const here = child(path, own);
  const value = subject[own];
  if (value === undefined) return [required(here, `${own} is required when subject kind is '${kind}'`), ...superfluous];
  const errors = (value.name ?? '') === '' ? [required(child(here, 'name'))] : [];
  if (own !== 'serviceAccount') return [...errors, ...superfluous];
  const { name, namespace } = value as { name?: string; namespace?: string };
  if (name !== '*') errors.push(...checked(name, child(here, 'name'), checkDns1123Subdomain));
  if ((namespace ?? '') === '') errors.push(required(child(here, 'namespace'), 'must specify namespace for service account'));
  return [...errors, ...checked(namespace, child(here, 'namespace'), checkDns1123Label), ...superfluous];
}

function validateVerbs(given: readonly string[] | undefined, path: string): FieldError[] {
  const wrong = validateWild(given, path, 'verbs must contain at least one value', 'verbs');
  if (wrong.length > 0 || given?.includes('*') === true) return wrong;
  return given?.every((verb) => verbs.includes(verb)) === true ? [] : [notSupported(path, given, verbs)];
}

/** A list with something in it, in which `*` stands alone. */
function validateWild(given: readonly string[] | undefined, path: string, missing: string, what: string): FieldError[] {
  if ((given ?? []).length === 0) return [required(path, missing)];
  if ((given ?? []).length === 1 || given?.includes('*') !== true) return [];
  return [invalidValue(path, given, `if '*' is present, must not specify other ${what}`)];
}

function validateResourceRule(rule: ResourcePolicyRule, path: string): FieldError[] {
  const { namespaces } = rule;
  const field = child(path, 'namespaces');
  const errors = [
    ...validateVerbs(rule.verbs, child(path, 'verbs')),
    ...validateWild(rule.apiGroups, child(path, 'apiGroups'), 'resource rules must supply at least one api group', 'api groups'),
    ...validateWild(rule.resources, child(path, 'resources'), 'resource rules must supply at least one resource', 'resources'),
  ];
  if ((namespaces ?? []).length === 0 && rule.clusterScope === true) return errors;
  errors.push(...validateWild(namespaces, field, 'resource rules that are not cluster scoped must supply at least one namespace', 'namespaces'));
  if (namespaces?.includes('*') === true) return errors;
  const intro = "each member of this list must be '*' or a DNS-1123 label; ";
  return [...errors, ...each(namespaces, field, (name, here) => checkDns1123Label(name).map((e) => invalidValue(here, name, intro + e)))];
}

function validateNonResourceRule(rule: NonResourcePolicyRule, path: string): FieldError[] {
  const { nonResourceURLs: urls } = rule;
  const field = child(path, 'nonResourceURLs');
  const errors = [...validateVerbs(rule.verbs, child(path, 'verbs')), ...validateWild(urls, field, 'nonResourceURLs must contain at least one value', 'non-resource URLs')];
  return urls?.includes('*') === true ? errors : [...errors, ...each(urls, field, validateUrl)];
}

function validateUrl(url: string, path: string): FieldError[] {
  const stars = url.split('*').length - 1;
  const wrong =
    url === '' ? 'must not be empty'
    : url === '/' ? undefined
    : !url.startsWith('/') ? 'must start with slash'
    : url.includes(' ') ? 'must not contain white-space'
    : url.includes('//') ? 'must not contain double slash'
    : stars > 1 || (stars === 1 && !url.endsWith('/*')) ? 'wildcard can only do suffix matching'
    : undefined;
  return wrong === undefined ? [] : [invalidValue(path, url, wrong)];
}
