import type { Pod, PodAffinityTerm } from '../../gen/types/core-v1.ts';
import type { LabelSelector } from '../../gen/types/meta-v1.ts';
import { qosClassOf } from './pod-resources.ts';

/** A new pod: pending, with its class of service, its `matchLabelKeys` turned into requirements of its own labels. */
export function preparePodForCreate(pod: Pod): void {
  pod.status = { phase: 'Pending', qosClass: qosClassOf(pod) };
  if ((pod.spec.schedulingGates ?? []).length > 0) {
    pod.status.conditions = [
      { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message: 'Scheduling is blocked due to non-empty scheduling gates' },
    ];
  }
  if ((pod.spec.terminationGracePeriodSeconds ?? 0) < 0) pod.spec.terminationGracePeriodSeconds = 1;
  const labels = pod.metadata.labels ?? {};
  for (const constraint of pod.spec.topologySpreadConstraints ?? []) {
    constraint.labelSelector = withLabelKeys(constraint.labelSelector, constraint.matchLabelKeys, 'In', labels);
  }
  for (const affinity of [pod.spec.affinity?.podAffinity, pod.spec.affinity?.podAntiAffinity]) {
    for (const term of affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) mergeLabelKeys(term, labels);
    for (const weighted of affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) mergeLabelKeys(weighted.podAffinityTerm, labels);
  }
}

function mergeLabelKeys(term: PodAffinityTerm, labels: Readonly<Record<string, string>>): void {
  term.labelSelector = withLabelKeys(term.labelSelector, term.matchLabelKeys, 'In', labels);
  term.labelSelector = withLabelKeys(term.labelSelector, term.mismatchLabelKeys, 'NotIn', labels);
}

function withLabelKeys(selector: LabelSelector | undefined, keys: readonly string[] | undefined, operator: 'In' | 'NotIn', labels: Readonly<Record<string, string>>): LabelSelector | undefined {
  if (selector === undefined) return undefined;
  const added = (keys ?? []).filter((key) => Object.hasOwn(labels, key)).map((key) => ({ key, operator, values: [labels[key] ?? ''] }));
  return added.length === 0 ? selector : { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...added] };
}
