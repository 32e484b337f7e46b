import { tolerates } from './taint-toleration.ts';
import type { FilterPlugin } from './plugin.ts';

/** Cordoned nodes take only pods that tolerate it, as DaemonSets' do (kube-scheduler NodeUnschedulable). */
export const nodeUnschedulable: FilterPlugin = {
  name: 'NodeUnschedulable',
  filter(pod, node) {
    if (node.node.spec.unschedulable !== true) return [];
    const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
    return tolerates(pod.spec.tolerations ?? [], taint) ? [] : ['node(s) were unschedulable'];
  },
};
