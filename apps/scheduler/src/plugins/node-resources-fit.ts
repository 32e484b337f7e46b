import { podRequests } from '../resources.ts';
import type { FilterPlugin } from './plugin.ts';

/** Everything the pod requests must be left on the node (kube-scheduler NodeResourcesFit). */
export const nodeResourcesFit: FilterPlugin = {
  name: 'NodeResourcesFit',
  filter(pod, node) {
    const reasons: string[] = [];
    if (node.pods.size + 1 > (node.allocatable.get('pods') ?? 0)) reasons.push('Too many pods');
    for (const [name, amount] of podRequests(pod)) {
      if (amount === 0) continue;
      const free = (node.allocatable.get(name) ?? 0) - (node.requested.get(name) ?? 0);
      if (amount > free) reasons.push(`Insufficient ${name}`);
    }
    return reasons;
  },
};
