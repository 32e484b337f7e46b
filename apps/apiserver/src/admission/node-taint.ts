import type { Node } from '@rhythm/api/types/core-v1';
import type { AdmissionStep } from '../ports/types.ts';
import { isCore } from './refuse.ts';

const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/** A node is born tainted as not ready; the node controller lifts that once the kubelet says otherwise. */
export const taintNodesByCondition: AdmissionStep = {
  name: 'TaintNodesByCondition',
  resources: ['/nodes'],
  admit(request) {
    if (request.operation !== 'CREATE' || !isCore(request, 'nodes') || request.object === undefined) return;
    const node = request.object as Node;
    const taints = node.spec?.taints ?? [];
    if (!taints.some((taint) => taint.key === notReady.key && taint.effect === notReady.effect)) node.spec = { ...node.spec, taints: [...taints, { ...notReady }] };
  },
};
