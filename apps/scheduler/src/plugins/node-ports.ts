import { hostPortsOf, type HostPort } from '../snapshot.ts';
import type { FilterPlugin } from './plugin.ts';

/** Host ports that the pod wants must be free on the node (kube-scheduler NodePorts). */
export const nodePorts: FilterPlugin = {
  name: 'NodePorts',
  filter(pod, node) {
    const wanted = [...hostPortsOf(pod)];
    if (wanted.length === 0) return [];
    const used = [...node.hostPorts()];
    const clash = wanted.some((port) => used.some((other) => conflicts(port, other)));
    return clash ? ["node(s) didn't have free ports for the requested pod ports"] : [];
  },
};

function conflicts(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.hostIP === b.hostIP || a.hostIP === '0.0.0.0' || b.hostIP === '0.0.0.0';
}
