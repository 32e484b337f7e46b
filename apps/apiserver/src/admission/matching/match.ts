import type { KindDefinition, KindRegistry, KubeObject } from '@rhythm/api';
import type { MatchResources, NamedRuleWithOperations } from '@rhythm/api/types/admissionregistration-v1';
import type { AdmissionRequest, ObjectReader } from '../../ports/types.ts';
import { convertObject } from '../../registry/convert.ts';
import { ruleMatches } from './rules.ts';
import { namespaceSelected, objectSelected } from './selectors.ts';

/** What a webhook or policy is about: its rules and selectors, under one of the two names that the API has for the rules. */
export interface MatchCriteria extends Omit<MatchResources, 'resourceRules'> {
  readonly rules?: readonly NamedRuleWithOperations[] | undefined;
}

/** A request in the version that a rule asks for. */
export interface Matched {
  readonly kind: KindDefinition;
  /** Own copies where they are in another version than the request's. */
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
}

/**
 * The request as these criteria see it, or undefined when they are not about it. With `matchPolicy: Equivalent` (the default) a rule on one
 * version of a resource is about all of them, and gets the objects in its own.
 */
export async function matchRequest(criteria: MatchCriteria, request: AdmissionRequest, ports: { readonly registry: KindRegistry; readonly reader: ObjectReader }): Promise<Matched | undefined> {
  if ((criteria.excludeResourceRules ?? []).some((rule) => ruleMatches(rule, request, targetOf(request.kind)))) return undefined;
  const kind = kindOf(criteria, request, ports.registry);
  if (kind === undefined) return undefined;
  if (!objectSelected(criteria.objectSelector, request)) return undefined;
  if (!(await namespaceSelected(criteria.namespaceSelector, request, ports.reader))) return undefined;
  if (kind === request.kind) return { kind, object: request.object, old: request.old };
  return { kind, object: await inVersion(request.kind, kind, request.object), old: await inVersion(request.kind, kind, request.old) };
}

const targetOf = ({ group, version, plural }: KindDefinition): { group: string; version: string; resource: string } => ({ group, version, resource: plural });

function kindOf({ rules, matchPolicy }: MatchCriteria, request: AdmissionRequest, registry: KindRegistry): KindDefinition | undefined {
  const matches = (kind: KindDefinition): boolean => (rules ?? []).some((rule) => ruleMatches(rule, request, targetOf(kind)));
  if (matches(request.kind)) return request.kind;
  if (matchPolicy === 'Exact') return undefined;
  const stored = registry.storageOf(request.kind);
  return registry.kinds.find((kind) => kind !== request.kind && kind.plural === request.kind.plural && registry.storageOf(kind) === stored && matches(kind));
}

async function inVersion(from: KindDefinition, to: KindDefinition, object: KubeObject | undefined): Promise<KubeObject | undefined> {
  return object === undefined ? undefined : convertObject(from, to, JSON.parse(JSON.stringify(object)) as KubeObject);
}
