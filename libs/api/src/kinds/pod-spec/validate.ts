import type { PodSpec } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, forbidden, invalidValue, required } from '../../validation/field-error.ts';
import { checkIp } from '../../validation/ip.ts';
import { validateLabels } from '../../validation/labels.ts';
import { checkDns1123Label, checkDns1123Subdomain, checkQualifiedName } from '../../validation/names.ts';
import { checked, oneOf, requiredChecked } from '../../validation/values.ts';
import { validateContainers } from './containers.ts';
import { validateScheduling } from './scheduling.ts';
import { validatePodSecurityContext } from './security.ts';
import { validateVolumes } from './volumes.ts';

const int32Max = 2147483647;
const nameserversMax = 3;
const searchesMax = 32;

/** What is wrong with a pod spec, of a pod or of a template (pkg/apis/core/validation ValidatePodSpec). */
export function validatePodSpec(spec: PodSpec | undefined, path: string): FieldError[] {
  if (spec === undefined) return [required(path)];
  return [
    ...validateVolumes(spec, child(path, 'volumes')),
    ...validateContainers(spec, path),
    ...oneOf(spec.restartPolicy, child(path, 'restartPolicy'), ['Always', 'OnFailure', 'Never'], 'required'),
    ...oneOf(spec.dnsPolicy, child(path, 'dnsPolicy'), ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'], 'required'),
    ...validateLabels(spec.nodeSelector, child(path, 'nodeSelector')),
    ...validateNames(spec, path),
    ...validateHostNetwork(spec, path),
    ...validatePodSecurityContext(spec.securityContext, child(path, 'securityContext')),
    ...validateScheduling(spec, path),
    ...validateDns(spec, path),
    ...validateDeadline(spec.activeDeadlineSeconds, child(path, 'activeDeadlineSeconds')),
    ...validateGates(spec, path),
    ...oneOf(spec.preemptionPolicy, child(path, 'preemptionPolicy'), ['Never', 'PreemptLowerPriority']),
    ...oneOf(spec.os?.name, child(path, 'os.name'), ['linux', 'windows']),
  ];
}

function validateNames(spec: PodSpec, path: string): FieldError[] {
  const subdomains = ['nodeName', 'serviceAccountName', 'priorityClassName', 'runtimeClassName'] as const;
  return [
    ...subdomains.flatMap((field) => checked(spec[field], child(path, field), checkDns1123Subdomain)),
    ...checked(spec.hostname, child(path, 'hostname'), checkDns1123Label),
    ...checked(spec.subdomain, child(path, 'subdomain'), checkDns1123Label),
    ...(spec.hostAliases ?? []).flatMap((alias, i) => [
      ...checkIp(alias.ip).map((e) => invalidValue(child(at(child(path, 'hostAliases'), i), 'ip'), alias.ip, e)),
      ...(alias.hostnames ?? []).flatMap((name, j) => checked(name, at(child(at(child(path, 'hostAliases'), i), 'hostnames'), j), checkDns1123Subdomain)),
    ]),
  ];
}

function validateHostNetwork(spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    errors.push(invalidValue(child(path, 'shareProcessNamespace'), true, 'ShareProcessNamespace and HostPID cannot both be enabled'));
  }
  if (spec.hostNetwork !== true) return errors;
  for (const [i, container] of (spec.containers ?? []).entries()) {
    for (const [j, port] of (container.ports ?? []).entries()) {
      if ((port.hostPort ?? 0) === 0 || port.hostPort === port.containerPort) continue;
      const field = child(at(child(at(child(path, 'containers'), i), 'ports'), j), 'containerPort');
      errors.push(invalidValue(field, port.containerPort, 'must match `hostPort` when `hostNetwork` is true'));
    }
  }
  return errors;
}

function validateDns(spec: PodSpec, path: string): FieldError[] {
  const config = spec.dnsConfig;
  const here = child(path, 'dnsConfig');
  if (config === undefined) return spec.dnsPolicy === 'None' ? [required(here, 'must provide `dnsConfig` when `dnsPolicy` is None')] : [];
  const { nameservers = [], searches = [] } = config;
  const errors: FieldError[] = [];
  if (spec.dnsPolicy === 'None' && nameservers.length === 0) errors.push(required(child(here, 'nameservers'), 'must provide at least one DNS nameserver when `dnsPolicy` is None'));
  if (nameservers.length > nameserversMax) errors.push(invalidValue(child(here, 'nameservers'), nameservers, `must not have more than ${nameserversMax} nameservers`));
  nameservers.forEach((ip, i) => errors.push(...checkIp(ip).map((e) => invalidValue(at(child(here, 'nameservers'), i), ip, e))));
  if (searches.length > searchesMax) errors.push(invalidValue(child(here, 'searches'), searches, `must not have more than ${searchesMax} search paths`));
  (config.options ?? []).forEach((option, i) => {
    if ((option.name ?? '') === '') errors.push(required(child(at(child(here, 'options'), i), 'name'), 'must not be empty'));
  });
  return errors;
}

function validateDeadline(seconds: number | undefined, path: string): FieldError[] {
  if (seconds === undefined || (seconds >= 1 && seconds <= int32Max)) return [];
  return [invalidValue(path, seconds, `must be between 1 and ${int32Max}, inclusive`)];
}

function validateGates(spec: PodSpec, path: string): FieldError[] {
  const seen = new Set<string>();
  const gates = (spec.schedulingGates ?? []).flatMap((gate, i) => {
    const here = at(child(path, 'schedulingGates'), i);
    const errors = requiredChecked(gate.name, child(here, 'name'), checkQualifiedName);
    if (seen.has(gate.name)) errors.push(duplicate(child(here, 'name'), gate.name));
    seen.add(gate.name);
    return errors;
  });
  const readiness = (spec.readinessGates ?? []).flatMap((gate, i) =>
    checkQualifiedName(gate.conditionType).map((e) => invalidValue(child(at(child(path, 'readinessGates'), i), 'conditionType'), gate.conditionType, e)),
  );
  return [...gates, ...readiness];
}

/** What a new pod, or any template, may not have: ephemeral containers, and a node while gates still hold it back. */
export function validateFreshPodSpec(spec: PodSpec | undefined, path: string, noEphemeral = 'cannot be set on create'): FieldError[] {
  const errors: FieldError[] = [];
  if ((spec?.ephemeralContainers ?? []).length > 0) errors.push(forbidden(child(path, 'ephemeralContainers'), noEphemeral));
  const gated = (spec?.schedulingGates ?? []).length > 0 && (spec?.nodeName ?? '') !== '';
  return gated ? [...errors, forbidden(child(path, 'nodeName'), 'cannot be set until all schedulingGates have been cleared')] : errors;
}
