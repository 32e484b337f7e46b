import type { Taint, Toleration } from '@rhythm/api/types/core-v1';
import type { FilterPlugin, ScorePlugin } from './plugin.ts';

/** Taints that keep pods off must be tolerated (kube-scheduler TaintToleration). */
export const taintToleration: FilterPlugin = {
  name: 'TaintToleration',
  filter(pod, node) {
    const tolerations = pod.spec.tolerations ?? [];
    const taint = (node.node.spec.taints ?? []).find((t) => (t.effect === 'NoSchedule' || t.effect === 'NoExecute') && !tolerates(tolerations, t));
    return taint === undefined ? [] : [`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`];
  },
};

/** Prefers nodes with fewer soft taints that the pod does not tolerate. */
export const preferNoTaint: ScorePlugin = {
  name: 'TaintToleration',
  weight: 3,
  score(pod, node) {
    const tolerations = pod.spec.tolerations ?? [];
    const intolerable = (node.node.spec.taints ?? []).filter((t) => t.effect === 'PreferNoSchedule' && !tolerates(tolerations, t)).length;
    return 100 / (1 + intolerable);
  },
};

export function tolerates(tolerations: readonly Toleration[], taint: Taint): boolean {
  return tolerations.some((toleration) => toleratesOne(toleration, taint));
}

function toleratesOne(toleration: Toleration, taint: Taint): boolean {
  const effect = toleration.effect ?? '';
  const key = toleration.key ?? '';
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  if (toleration.operator === 'Exists') return true;
  return key !== '' && (toleration.value ?? '') === (taint.value ?? '');
}
