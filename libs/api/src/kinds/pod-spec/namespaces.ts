import type { PodSpec } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, forbidden, invalidValue } from '../../validation/field-error.ts';
import { each } from '../../validation/values.ts';

/** What a pod shares with its host, and among its containers. */
export function validateNamespaces(spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    errors.push(invalidValue(child(path, 'shareProcessNamespace'), true, 'ShareProcessNamespace and HostPID cannot both be enabled'));
  }
  if (spec.hostUsers === false) {
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC'] as const) if (spec[field] === true) errors.push(forbidden(child(path, field), 'when `pod.Spec.HostUsers` is false'));
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
