import type { Container, ContainerPort, PodSpec } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, forbidden, invalidEach, ofEach, required, together } from '../../validation/field-error.ts';
import { checkDns1123Label, checkPortName, checkPortNumber } from '../../validation/names.ts';
import { checked, each, oneOf, requiredChecked } from '../../validation/values.ts';
import { validateEnv, validateEnvFrom } from './env.ts';
import { validateEphemeralContainers } from './ephemeral-containers.ts';
import { validateMounts } from './mounts.ts';
import { validateLifecycle, validateProbe } from './probes.ts';
import { validateResources } from './resources.ts';
import { validateInitRestarts, validateResizePolicy, validateRestarts } from './restarts.ts';
import { validateSecurityContext } from './security.ts';
import type { KnownVolumes } from './volumes.ts';

const pullPolicies = ['Always', 'IfNotPresent', 'Never'];
const protocols = ['SCTP', 'TCP', 'UDP'];

/** What containers are judged by: their pod, and which of its volumes can be mounted. */
export interface PodContext {
  readonly spec: PodSpec;
  readonly volumes: KnownVolumes;
}

/** All containers of a pod spec; names are unique over all of them. */
export function validateContainers(context: PodContext, path: string): FieldError[] {
  const { spec } = context;
  return together(
    validateMain(context, child(path, 'containers')),
    validateInit(context, child(path, 'initContainers')),
    validateEphemeralContainers(spec, child(path, 'ephemeralContainers'), (container, here) => validateContainer(container, context, here)),
  );
}

function validateMain(context: PodContext, path: string): FieldError[] {
  const { spec } = context;
  const { containers = [] } = spec as Partial<PodSpec>;
  if (containers.length === 0) return [required(path)];
  const names = new Set<string>();
  const errors = each(containers, path, (container, here) => {
    const again = names.has(container.name) ? [duplicate(child(here, 'name'), container.name)] : [];
    names.add(container.name);
    return together(
      validateContainer(container, context, here),
      again,
      validateLifecycle(container.lifecycle, spec, child(here, 'lifecycle')),
      validateProbes(container, here),
      validateRestarts(container, here),
    );
  });
  return together(errors, validateHostPorts(containers, path));
}

function validateInit(context: PodContext, path: string): FieldError[] {
  const { spec } = context;
  if (spec.initContainers === undefined) return [];
  const names = new Set((spec.containers ?? []).map(({ name }) => name));
  return each(spec.initContainers, path, (container, here) => {
    const again = names.has(container.name) ? [duplicate(child(here, 'name'), container.name)] : [];
    if ((container.name ?? '') !== '') names.add(container.name);
    // They run one by one: each has the host's ports for itself.
    return together(validateContainer(container, context, here), validateInitRestarts(container, here), again, validateHostPorts([container], path), validateInitContainer(container, spec, here));
  });
}

/** What holds of every container, whatever it is for. */
function validateContainer(container: Container, { spec, volumes }: PodContext, path: string): FieldError[] {
  return together(
    requiredChecked(container.name, child(path, 'name'), checkDns1123Label),
    requiredChecked(container.image, child(path, 'image')),
    oneOf(container.terminationMessagePolicy, child(path, 'terminationMessagePolicy'), ['File', 'FallbackToLogsOnError'], 'required'),
    validatePorts(container.ports ?? [], child(path, 'ports')),
    validateEnv(container.env ?? [], child(path, 'env')),
    validateEnvFrom(container.envFrom ?? [], child(path, 'envFrom')),
    validateMounts(container, volumes, path),
    oneOf(container.imagePullPolicy, child(path, 'imagePullPolicy'), pullPolicies, 'required'),
    validateResources(container.resources, spec, child(path, 'resources')),
    validateResizePolicy(container, spec, child(path, 'resizePolicy')),
    validateSecurityContext(container.securityContext, spec, child(path, 'securityContext')),
  );
}

function validateProbes(container: Container, path: string): FieldError[] {
  return together(
    validateProbe(container.livenessProbe, 'liveness', child(path, 'livenessProbe')),
    validateProbe(container.readinessProbe, 'readiness', child(path, 'readinessProbe')),
    validateProbe(container.startupProbe, 'startup', child(path, 'startupProbe')),
  );
}

/** Only init containers that go on running, sidecars, may have what watches over a running container. */
function validateInitContainer(container: Container, spec: PodSpec, path: string): FieldError[] {
  if (container.restartPolicy === 'Always') return together(validateLifecycle(container.lifecycle, spec, child(path, 'lifecycle')), validateProbes(container, path));
  return (['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const)
    .filter((field) => container[field] !== undefined)
    .map((field) => forbidden(child(path, field), 'may not be set for init containers without restartPolicy=Always'));
}

function validatePorts(ports: readonly ContainerPort[], path: string): FieldError[] {
  if (ports.length === 0) return [];
  const names = new Set<string>();
  return ofEach(ports, (port, i) => {
    const here = at(path, i);
    const errors = checked(port.name, child(here, 'name'), checkPortName);
    if (port.name !== undefined && port.name !== '' && errors.length === 0) {
      if (names.has(port.name)) errors.push(duplicate(child(here, 'name'), port.name));
      names.add(port.name);
    }
    if ((port.containerPort ?? 0) === 0) errors.push(required(child(here, 'containerPort')));
    else errors.push(...invalidEach(checkPortNumber(port.containerPort), child(here, 'containerPort'), port.containerPort));
    if ((port.hostPort ?? 0) !== 0) errors.push(...invalidEach(checkPortNumber(port.hostPort ?? 0), child(here, 'hostPort'), port.hostPort));
    return together(errors, oneOf(port.protocol, child(here, 'protocol'), protocols, 'required'));
  });
}

/** A host port may be asked for once per protocol and address. */
function validateHostPorts(containers: readonly Container[], path: string): FieldError[] {
  const taken = new Set<string>();
  return ofEach(containers, (container, i) =>
    ofEach(container.ports, (port, j) => {
      if ((port.hostPort ?? 0) === 0) return [];
      const key = `${port.protocol ?? 'TCP'}/${port.hostIP ?? ''}/${port.hostPort ?? 0}`;
      if (taken.has(key)) return [duplicate(child(at(child(at(path, i), 'ports'), j), 'hostPort'), key)];
      taken.add(key);
      return [];
    }),
  );
}
