import type { PodSpec } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, forbidden, invalidValue } from '../../validation/field-error.ts';
import { each } from '../../validation/values.ts';

/** What a pod with users of its own may not share, and what upstream's errors call it. */
const ownNamespaces = [['hostNetwork', 'hostNetwork'], ['hostPID', 'HostPID'], ['hostIPC', 'HostIPC']] as const;

/** What a pod shares with its host, and among its containers. */
export function validateNamespaces(spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    errors.push(invalidValue(child(path, 'securityContext.shareProcessNamespace'), true, 'ShareProcessNamespace and HostPID cannot both be enabled'));
  }
  if (spec.hostUsers === false) {
    for (const [field, shown] of ownNamespaces) if (spec[field] === true) errors.push(forbidden(child(path, shown), 'when `hostUsers` is false'));
  }
  if (spec.hostNetwork !== true) return errors;
  const ports = each(spec.containers, child(path, 'containers'), (container, here) =>
    each(container.ports, child(here, 'ports'), (port, item) => {
      const fits = (port.hostPort ?? 0) === 0 || port.hostPort === port.containerPort;
      return fits ? [] : [invalidValue(child(item, 'hostPort'), port.hostPort, 'must match `containerPort` when `hostNetwork` is true')];
    }),
  );
  return [...errors, ...ports];
}
