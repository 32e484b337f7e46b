import type { PodSpec } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, forbidden, invalidValue, together } from '../../validation/field-error.ts';
import { each } from '../../validation/values.ts';
import { eachContainer } from './containers-of.ts';

/** What a pod with users of its own may not share, and what upstream's errors call it. */
const ownNamespaces = [['hostNetwork', 'hostNetwork'], ['hostPID', 'HostPID'], ['hostIPC', 'HostIPC']] as const;

/** A pod with users of its own shares nothing with its host; the files of raw devices cannot be given to its users either. */
export function validateHostUsers(spec: PodSpec, path: string): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const refusal = 'when `hostUsers` is false';
  return together(
    ownNamespaces.filter(([field]) => spec[field] === true).map(([, shown]) => forbidden(child(path, shown), refusal)),
    eachContainer(spec, path, ({ volumeDevices = [] }, here) => (volumeDevices.length === 0 ? [] : [forbidden(child(here, 'volumeDevices'), refusal)])),
  );
}

/** In the host's network a container's ports are the host's. A template may leave them out: pods made of it get them. */
export function validateHostNetwork(spec: PodSpec, path: string, of: 'pod' | 'template'): FieldError[] {
  if (spec.hostNetwork !== true) return [];
  return each(spec.containers, child(path, 'containers'), (container, here) =>
    each(container.ports, child(here, 'ports'), (port, item) => {
      const { hostPort = 0, containerPort } = port;
      const fits = hostPort === containerPort || (of === 'template' && hostPort === 0);
      return fits ? [] : [invalidValue(child(item, 'hostPort'), hostPort, 'must match `containerPort` when `hostNetwork` is true')];
    }),
  );
}
