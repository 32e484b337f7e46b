import type { ContainerState, Pod } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, forbidden } from '../../validation/field-error.ts';
import { each } from '../../validation/values.ts';

/** What a report about a pod may not say: that a container which ended for good runs again, or that a pod with a node is promised one. */
export function validatePodStatus(pod: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = [];
  const promised = pod.status?.nominatedNodeName ?? '';
  if (promised !== '' && promised !== (old.status?.nominatedNodeName ?? '') && (pod.spec.nodeName ?? '') !== '') {
    errors.push(forbidden('status.nominatedNodeName', 'may not be set when spec.nodeName is set'));
  }
  const policy = pod.spec.restartPolicy;
  if (policy !== 'Never' && policy !== 'OnFailure') return errors;
  const ruled = new Set(pod.spec.containers.filter((c) => c.restartPolicy !== undefined || (c.restartPolicyRules ?? []).length > 0).map((c) => c.name));
  const before = new Map((old.status?.containerStatuses ?? []).map((status) => [status.name, status.state]));
  return [
    ...errors,
    ...each(pod.status?.containerStatuses, 'status.containerStatuses', ({ name, state }, path) => {
      const revived = !ruled.has(name) && isOver(before.get(name), policy) && state?.terminated === undefined;
      return revived ? [forbidden(child(path, 'state'), 'may not be transitioned to non-terminated state')] : [];
    }),
  ];
}

function isOver(state: ContainerState | undefined, policy: 'Never' | 'OnFailure'): boolean {
  return state?.terminated !== undefined && (policy === 'Never' || (state.terminated.exitCode ?? 0) === 0);
}
