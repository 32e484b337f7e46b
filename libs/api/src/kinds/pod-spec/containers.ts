import type { Container, ContainerPort, PodSpec } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, forbidden, invalidValue, required } from '../../validation/field-error.ts';
import { checkDns1123Label, checkPortName, checkPortNumber } from '../../validation/names.ts';
import { checked, each, oneOf, requiredChecked } from '../../validation/values.ts';
import { validateEnv, validateEnvFrom } from './env.ts';
import { validateEphemeralContainers } from './ephemeral-containers.ts';
import { validateMounts } from './mounts.ts';
import { validateLifecycle, validateProbe } from './probes.ts';
import { validateResources } from './resources.ts';
import { validateRestarts, validateSidecarRules } from './restarts.ts';
import { validateSecurityContext } from './security.ts';

const pullPolicies = ['Always', 'IfNotPresent', 'Never'];
const protocols = ['SCTP', 'TCP', 'UDP'];

/** Containers and init containers of a pod spec; names are unique over both. */
export function validateContainers(spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const listPath = child(path, 'containers');
  if ((spec.containers ?? []).length === 0) errors.push(required(listPath));
  for (const [i, container] of (spec.containers ?? []).entries()) {
    const here = at(listPath, i);
    errors.push(...validateContainer(container, spec, here), ...uniqueName(container.name, names, here));
    errors.push(...validateProbes(container, here));
  }
  errors.push(...validateHostPorts(spec.containers ?? [], listPath));
  for (const [i, container] of (spec.initContainers ?? []).entries()) {
    const here = at(child(path, 'initContainers'), i);
    errors.push(...validateContainer(container, spec, here), ...uniqueName(container.name, names, here), ...validateInitContainer(container, here));
    errors.push(...validateSidecarRules(container, here), ...validateHostPorts([container], child(path, 'initContainers')));
  }
  errors.push(...each(spec.ephemeralContainers, child(path, 'ephemeralContainers'), (container, here) => validateContainer(container, spec, here)));
  return [...errors, ...validateEphemeralContainers(spec, child(path, 'ephemeralContainers'))];
}

function uniqueName(name: string | undefined, names: Set<string>, path: string): FieldError[] {
  if (name === undefined || name === '') return [];
  if (names.has(name)) return [duplicate(child(path, 'name'), name)];
  names.add(name);
  return [];
}

function validateContainer(container: Container, spec: PodSpec, path: string): FieldError[] {
  const { image = '' } = container;
  const errors = requiredChecked(container.name, child(path, 'name'), checkDns1123Label);
  if (image === '') errors.push(required(child(path, 'image')));
  else if (image.trim() !== image) errors.push(invalidValue(child(path, 'image'), image, 'must not have leading or trailing whitespace'));
  return [
    ...errors,
    ...oneOf(container.imagePullPolicy, child(path, 'imagePullPolicy'), pullPolicies, 'required'),
    ...oneOf(container.terminationMessagePolicy, child(path, 'terminationMessagePolicy'), ['FallbackToLogsOnError', 'File']),
    ...validatePorts(container.ports ?? [], child(path, 'ports')),
    ...validateEnv(container.env ?? [], spec, child(path, 'env')),
    ...validateEnvFrom(container.envFrom ?? [], child(path, 'envFrom')),
    ...validateMounts(container, spec, path),
    ...validateResources(container.resources, spec, child(path, 'resources')),
    ...validateSecurityContext(container.securityContext, spec, child(path, 'securityContext')),
    ...validateRestarts(container, spec, path),
    ...validateLifecycle(container.lifecycle, spec, child(path, 'lifecycle')),
  ];
}

function validateProbes(container: Container, path: string): FieldError[] {
  return [
    ...validateProbe(container.livenessProbe, 'liveness', child(path, 'livenessProbe')),
    ...validateProbe(container.readinessProbe, 'readiness', child(path, 'readinessProbe')),
    ...validateProbe(container.startupProbe, 'startup', child(path, 'startupProbe')),
  ];
}

/** Only init containers that go on running, sidecars, may have what watches over a running container. */
function validateInitContainer(container: Container, path: string): FieldError[] {
  if (container.restartPolicy === 'Always') return validateProbes(container, path);
  return (['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const)
    .filter((field) => container[field] !== undefined)
    .map((field) => forbidden(child(path, field), 'may not be set for init containers without restartPolicy=Always'));
}

function validatePorts(ports: readonly ContainerPort[], path: string): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, i) => {
    const here = at(path, i);
    const errors = checked(port.name, child(here, 'name'), checkPortName);
    if (port.name !== undefined && port.name !== '' && errors.length === 0) {
      if (names.has(port.name)) errors.push(duplicate(child(here, 'name'), port.name));
      names.add(port.name);
    }
    if ((port.containerPort ?? 0) === 0) errors.push(required(child(here, 'containerPort')));
    else errors.push(...checkPortNumber(port.containerPort).map((e) => invalidValue(child(here, 'containerPort'), port.containerPort, e)));
    if ((port.hostPort ?? 0) !== 0) errors.push(...checkPortNumber(port.hostPort ?? 0).map((e) => invalidValue(child(here, 'hostPort'), port.hostPort, e)));
    return [...errors, ...oneOf(port.protocol, child(here, 'protocol'), protocols, 'required')];
  });
}

/** A host port may be asked for once per protocol and address. */
function validateHostPorts(containers: readonly Container[], path: string): FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap((container, i) =>
    (container.ports ?? []).flatMap((port, j) => {
      if ((port.hostPort ?? 0) === 0) return [];
      const key = `${port.protocol ?? 'TCP'}/${port.hostIP ?? ''}/${port.hostPort ?? 0}`;
      if (taken.has(key)) return [duplicate(child(at(child(at(path, i), 'ports'), j), 'hostPort'), key)];
      taken.add(key);
      return [];
    }),
  );
}
