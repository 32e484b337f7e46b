import { parseTime, type Instant } from '@rhythm/base';
import type { Container, Pod, PodAffinityTerm } from '../gen/types/core-v1.ts';
import { podLimits, podRequests, qosClassOf, type Amounts } from '../kinds/core/pod-resources.ts';
import { isExtended } from '../kinds/core/resource-names.ts';
import type { Quantity } from '../quantity.ts';
import type { KubeObject } from '../resource.ts';
import { amountsOf, one, sum } from './amounts.ts';
import { nameMatches, type QuotaEvaluator, type ScopeRequirement } from './evaluator.ts';

const computed = ['cpu', 'memory', 'ephemeral-storage'];
const names: ReadonlySet<string> = new Set(['count/pods', 'pods', ...computed, ...computed.map((name) => `requests.${name}`), ...computed.map((name) => `limits.${name}`)]);
/** Of these every container has to say how much, where a quota limits them; the others came later and do without. */
const demanded: ReadonlySet<string> = new Set(['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']);

/** Pods: how many, and what they may use. */
export const pods: QuotaEvaluator = {
  group: '',
  resource: 'pods',
  countsUpdate: (subresource, object, old) => subresource === 'resize' || (subresource === '' && isTerminating(object as Pod) !== isTerminating(old as Pod)),
  matches: (name) => names.has(name) || name.startsWith('hugepages-') || name.startsWith('requests.hugepages-') || (name.startsWith('requests.') && isExtended(name.slice('requests.'.length))),
  matchesScope: (requirement, object) => isInScope(requirement, object as Pod),
  complaint,
  usage,
};

/** What the pod leaves open: `must specify limits.cpu for: app,sidecar; …`. A pod that says it for all of its containers has said it. */
function complaint(wanted: readonly string[], object: KubeObject): string | undefined {
  const { spec } = object as Pod;
  if (amountsOf(spec.resources?.requests).size > 0 || amountsOf(spec.resources?.limits).size > 0) return undefined;
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const missing = wanted.filter((name) => demanded.has(name)).sort().flatMap((name) => {
    const silent = containers.filter((container) => !usageOfContainer(container).has(name)).map((container) => container.name);
    return silent.length === 0 ? [] : [`${name} for: ${[...new Set(silent)].sort().join(',')}`];
  });
  return missing.length === 0 ? undefined : `must specify ${missing.join('; ')}`;
}

/** A pod that has ended, or should have, only counts as an object. */
function usage(object: KubeObject, now: Instant): Amounts {
  const pod = object as Pod;
  const counted = new Map<string, Quantity>([['count/pods', one]]);
  if (hasEnded(pod, now)) return counted;
  return sum(counted, computeUsage(podRequests(pod.spec), podLimits(pod.spec)));
}

function hasEnded({ status, metadata }: Pod, now: Instant): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return true;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return false;
  const deleted = parseTime(deletionTimestamp);
  return deleted !== undefined && now > deleted + deletionGracePeriodSeconds * 1_000;
}

function usageOfContainer({ resources }: Container): Amounts {
  return computeUsage(amountsOf(resources?.requests), amountsOf(resources?.limits));
}

/** Requests under their own and the prefixed name, limits under `limits.`, devices under `requests.` alone. */
function computeUsage(requests: Amounts, limits: Amounts): Amounts {
  const result = new Map<string, Quantity>([['pods', one]]);
  for (const [name, amount] of requests) {
    const isCounted = computed.includes(name) || name.startsWith('hugepages-');
    if (isCounted) result.set(name, amount);
    if (isCounted || isExtended(name)) result.set(`requests.${name}`, amount);
  }
  for (const name of computed) {
    const limit = limits.get(name);
    if (limit !== undefined) result.set(`limits.${name}`, limit);
  }
  return result;
}

function isInScope(requirement: ScopeRequirement, pod: Pod): boolean {
  switch (requirement.scopeName) {
    case 'Terminating':
      return isTerminating(pod);
    case 'NotTerminating':
      return !isTerminating(pod);
    case 'BestEffort':
      return qosClassOf(pod) === 'BestEffort';
    case 'NotBestEffort':
      return qosClassOf(pod) !== 'BestEffort';
    case 'PriorityClass':
      return nameMatches(requirement, pod.spec.priorityClassName === '' ? undefined : pod.spec.priorityClassName);
    case 'CrossNamespacePodAffinity':
      return affinityTerms(pod).some(({ namespaces, namespaceSelector }) => (namespaces ?? []).length > 0 || namespaceSelector !== undefined);
    default:
      return false;
  }
}

/** Meant to end by itself. */
function isTerminating({ spec }: Pod): boolean {
  return (spec.activeDeadlineSeconds ?? -1) >= 0;
}

function affinityTerms({ spec: { affinity } }: Pod): PodAffinityTerm[] {
  return [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((kind) => [
    ...(kind?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(kind?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ]);
}
