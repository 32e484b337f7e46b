import type { PodSpec } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, forbidden, invalidValue, required, tooLong } from '../../validation/field-error.ts';
import { checkIp } from '../../validation/ip.ts';
import { validateLabels } from '../../validation/labels.ts';
import { byteLength, checkDns1123Label, checkDns1123Subdomain, checkQualifiedName } from '../../validation/names.ts';
import { checked, oneOf } from '../../validation/values.ts';
import { validateContainers } from './containers.ts';
import { validateDns } from './dns.ts';
import { validateNamespaces } from './namespaces.ts';
import { validatePodResources } from './pod-resources.ts';
import { validateScheduling } from './scheduling.ts';
import { validatePodSecurityContext } from './security.ts';
import { validateVolumes } from './volumes.ts';
import { validateHostProcess, validateOs } from './windows.ts';

const int32Max = 2147483647;
const hostnameLengthMax = 64;

/** What is wrong with a pod spec, of a pod or of a template (pkg/apis/core/validation ValidatePodSpec). */
export function validatePodSpec(spec: PodSpec | undefined, path: string): FieldError[] {
  if (spec === undefined) return [required(path)];
  return [
    ...validateVolumes(spec, child(path, 'volumes')),
    ...validateContainers(spec, path),
    ...oneOf(spec.restartPolicy, child(path, 'restartPolicy'), ['Always', 'OnFailure', 'Never'], 'required'),
    ...oneOf(spec.dnsPolicy, child(path, 'dnsPolicy'), ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'], 'required'),
    ...validateLabels(spec.nodeSelector, child(path, 'nodeSelector')),
    ...validateNames(spec, path),
    ...validateNamespaces(spec, path),
    ...validatePodSecurityContext(spec.securityContext, spec, child(path, 'securityContext')),
    ...validateScheduling(spec, path),
    ...validateDns(spec, path),
    ...validateDeadline(spec.activeDeadlineSeconds, child(path, 'activeDeadlineSeconds')),
    ...validateGates(spec, path),
    ...oneOf(spec.preemptionPolicy, child(path, 'preemptionPolicy'), ['PreemptLowerPriority', 'Never']),
    ...(spec.os?.name === '' ? [required(child(path, 'os.name'))] : oneOf(spec.os?.name, child(path, 'os'), ['linux', 'windows'])),
    ...validateOs(spec, path),
    ...validateHostProcess(spec, path),
    ...validatePodResources(spec, path),
  ];
}

function validateNames(spec: PodSpec, path: string): FieldError[] {
  const subdomains = ['nodeName', 'serviceAccountName', 'priorityClassName', 'runtimeClassName'] as const;
  return [
    ...subdomains.flatMap((field) => checked(spec[field], child(path, field), checkDns1123Subdomain)),
    ...checked(spec.hostname, child(path, 'hostname'), checkDns1123Label),
    ...checked(spec.subdomain, child(path, 'subdomain'), checkDns1123Label),
    ...validateHostnameOverride(spec, child(path, 'hostnameOverride')),
    ...(spec.hostAliases ?? []).flatMap((alias, i) => [
      ...checkIp(alias.ip).map((e) => invalidValue(child(at(child(path, 'hostAliases'), i), 'ip'), alias.ip, e)),
      ...(alias.hostnames ?? []).flatMap((name, j) => checked(name, at(child(at(child(path, 'hostAliases'), i), 'hostnames'), j), checkDns1123Subdomain)),
    ]),
  ];
}

/** A name for the host that is not the pod's own, at most as long as the kernel takes. */
function validateHostnameOverride({ hostnameOverride: name, hostNetwork, setHostnameAsFQDN }: PodSpec, path: string): FieldError[] {
  if (name === undefined) return [];
  const errors: FieldError[] = [];
  if (setHostnameAsFQDN === true) errors.push(forbidden(path, 'may not be specified when setHostnameAsFQDN is true'));
  if (hostNetwork === true) errors.push(forbidden(path, 'may not be specified when hostNetwork is true'));
  if (byteLength(name) > hostnameLengthMax) errors.push(tooLong(path, hostnameLengthMax));
  return [...errors, ...checkDns1123Subdomain(name).map((e) => invalidValue(path, name, e))];
}

function validateDeadline(seconds: number | undefined, path: string): FieldError[] {
  if (seconds === undefined || (seconds >= 1 && seconds <= int32Max)) return [];
  return [invalidValue(path, seconds, `must be between 1 and ${int32Max}, inclusive`)];
}

function validateGates(spec: PodSpec, path: string): FieldError[] {
  const seen = new Set<string>();
  const gates = (spec.schedulingGates ?? []).flatMap((gate, i) => {
    const here = at(child(path, 'schedulingGates'), i);
    const errors = checkQualifiedName(gate.name ?? '').map((e) => invalidValue(here, gate.name ?? '', e));
    if (seen.has(gate.name)) errors.push(duplicate(here, gate.name));
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
