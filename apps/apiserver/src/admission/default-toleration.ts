import type { Pod, Toleration } from '@rhythm/api/types/core-v1';
import type { AdmissionStep } from '../ports/types.ts';
import { isCore } from './refuse.ts';

const seconds = 300;
const keys = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** Pods stay five minutes on a node that stopped answering, unless they say how long themselves. */
export const defaultTolerationSeconds: AdmissionStep = {
  name: 'DefaultTolerationSeconds',
  resources: ['/pods'],
  admit(request) {
    if ((request.operation !== 'CREATE' && request.operation !== 'UPDATE') || !isCore(request, 'pods') || request.object === undefined) return;
    const { spec } = request.object as Pod;
    const given = spec.tolerations ?? [];
    const missing = keys.filter((key) => !given.some((toleration) => tolerates(toleration, key)));
    if (missing.length > 0) spec.tolerations = [...given, ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: seconds }))];
  },
};

function tolerates(toleration: Toleration, key: string): boolean {
  return [key, '', undefined].includes(toleration.key) && ['NoExecute', '', undefined].includes(toleration.effect);
}
