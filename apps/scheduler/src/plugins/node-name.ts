import type { FilterPlugin } from './plugin.ts';

/** A pod that names its node goes nowhere else (kube-scheduler NodeName). */
export const nodeName: FilterPlugin = {
  name: 'NodeName',
  filter(pod, node) {
    const wanted = pod.spec.nodeName ?? '';
    return wanted === '' || wanted === node.name ? [] : ["node(s) didn't match the requested node name"];
  },
};
