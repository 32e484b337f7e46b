import { invalid, type KubeObject } from '@rhythm/api';
import type { Pod, PodSpec } from '@rhythm/api/types/core-v1';
import type { AdmissionRequest, AdmissionStep, ObjectReader } from '../../ports/types.ts';
import { deepEqual } from '../../registry/deep-equal.ts';
import { isCore, refused } from '../refuse.ts';
import { withNamespace } from '../with-namespace.ts';
import { violations } from './checks.ts';
import { labelErrors, levelOf, textOf } from './policy.ts';

/** Pods that are looked at when a namespace becomes stricter, and how many of those that offend are named. */
const existingPodsMax = 3_000;
const namedPodsMax = 10;

const notePrefix = 'pod-security.kubernetes.io/';

interface Subject {
  readonly pod: Pod;
  readonly isPod: boolean;
}

/** Where the workloads keep the pods they make. */
const templates: Readonly<Record<string, readonly string[]>> = {
  '/replicationcontrollers': ['spec', 'template'],
  '/podtemplates': ['template'],
  'apps/replicasets': ['spec', 'template'],
  'apps/deployments': ['spec', 'template'],
  'apps/statefulsets': ['spec', 'template'],
  'apps/daemonsets': ['spec', 'template'],
  'batch/jobs': ['spec', 'template'],
  'batch/cronjobs': ['spec', 'jobTemplate', 'spec', 'template'],
};

/**
 * The Pod Security Standards, as the labels of a namespace ask for them (KEP-2579): pods that violate what is enforced are refused, others are
 * warned of; workloads are only ever warned of, since it is their pods that are judged.
 */
export function podSecurity(reader: ObjectReader): AdmissionStep {
  return {
    name: 'PodSecurity',
    resources: ['/namespaces', '/pods', ...Object.keys(templates)],
    validate(request) {
      if (request.object === undefined || (request.operation !== 'CREATE' && request.operation !== 'UPDATE')) return undefined;
      if (isCore(request, 'namespaces')) return judgeNamespace(request, reader);
      const subject = subjectOf(request);
      return subject === undefined ? undefined : withNamespace(reader, request, (namespace) => judge(request, subject, namespace?.metadata.labels));
    },
  };
}

/** Enforced on pods alone; what is to be audited is noted whether the pod is refused or not. */
function judge(request: AdmissionRequest, { pod, isPod }: Subject, labels: Readonly<Record<string, string>> | undefined): void {
  const enforced = levelOf(labels, 'enforce');
  const audited = levelOf(labels, 'audit');
  if (request.annotate !== undefined) {
    if (isPod) request.annotate(`${notePrefix}enforce-policy`, textOf(enforced));
    const noted = violations(pod, audited);
    if (noted.length > 0) request.annotate(`${notePrefix}audit-violations`, `would violate PodSecurity ${JSON.stringify(textOf(audited))}: ${noted.join(', ')}`);
  }
  const broken = isPod ? violations(pod, enforced) : [];
  if (broken.length > 0) throw refused(request, `violates PodSecurity ${JSON.stringify(textOf(enforced))}: ${broken.join(', ')}`);
  const warned = levelOf(labels, 'warn');
  const offending = violations(pod, warned);
  if (offending.length > 0) request.warn(`would violate PodSecurity ${JSON.stringify(textOf(warned))}: ${offending.join(', ')}`);
}

/** The pod that a request is about, its own or a workload's; undefined when there is none, or nothing about it changes that matters. */
function subjectOf(request: AdmissionRequest): Subject | undefined {
  const { attributes: { group, resource, subresource }, object, old } = request;
  if (group === '' && resource === 'pods') {
    const pod = object as Pod;
    if (subresource !== '' && subresource !== 'ephemeralcontainers' && subresource !== 'resize') return undefined;
    if (request.operation === 'UPDATE' && old !== undefined && !isSignificant(pod, old as Pod)) return undefined;
    return { pod, isPod: true };
  }
  const path = subresource === '' ? templates[`${group}/${resource}`] : undefined;
  const template = path?.reduce<unknown>((part, step) => (part as Record<string, unknown> | undefined)?.[step], object) as { metadata?: object; spec?: PodSpec } | undefined;
  return template?.spec === undefined ? undefined : { pod: { metadata: template.metadata ?? {}, spec: template.spec } as Pod, isPod: false };
}

/** Labels, tolerations and deadlines of a pod that runs are no reason to judge it again. */
function isSignificant(pod: Pod, old: Pod): boolean {
  return !deepEqual(judged(pod), judged(old)) || !deepEqual(profilesOf(pod), profilesOf(old));
}

/** The spec without what judges nothing: those members count as absent. */
function judged({ spec }: Pod): object {
  return { ...spec, tolerations: undefined, activeDeadlineSeconds: undefined, terminationGracePeriodSeconds: undefined };
}

function profilesOf({ metadata }: Pod): object {
  return Object.entries(metadata.annotations ?? {}).filter(([key]) => key.startsWith('container.apparmor.security.beta.kubernetes.io/'));
}

/** Labels must make sense; whoever makes a namespace stricter is told which of its pods would not be let in any more. */
async function judgeNamespace(request: AdmissionRequest, reader: ObjectReader): Promise<void> {
  const { object, old, kind } = request;
  const namespace = object as KubeObject;
  const before = old?.metadata.labels;
  const known = new Set(labelErrors(before).map(({ field, message }) => `${field} ${message}`));
  const errors = labelErrors(namespace.metadata.labels).filter(({ field, message }) => !known.has(`${field} ${message}`));
  if (errors.length > 0) throw invalid(kind, namespace.metadata.name ?? '', errors);
  const enforced = levelOf(namespace.metadata.labels, 'enforce');
  if (old === undefined || enforced.level === 'privileged' || textOf(enforced) === textOf(levelOf(before, 'enforce'))) return;
  const pods = (await reader.list<Pod>('', 'pods', namespace.metadata.name ?? '')).slice(0, existingPodsMax);
  const offending = pods.flatMap((pod) => {
    const broken = violations(pod, enforced);
    return broken.length === 0 ? [] : [`${pod.metadata.name ?? ''}: ${broken.map((text) => text.replace(/ \(.*$/s, '')).join(', ')}`];
  });
  if (offending.length === 0) return;
  request.warn(`existing pods in namespace ${JSON.stringify(namespace.metadata.name)} violate the new PodSecurity enforce level ${JSON.stringify(textOf(enforced))}`);
  for (const text of offending.slice(0, namedPodsMax)) request.warn(text);
  if (offending.length > namedPodsMax) request.warn(`and ${offending.length - namedPodsMax} more`);
}
