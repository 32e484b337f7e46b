import type { PodSpec } from '../../gen/types/core-v1.ts';
import type { ObjectMeta } from '../../gen/types/meta-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, duplicate, forbidden, invalidEach, invalidValue, pathsWhenWrong, required, together, tooLong } from '../../validation/field-error.ts';
import { checkIp } from '../../validation/ip.ts';
import { validateLabels } from '../../validation/labels.ts';
import { byteLength, checkDns1123Label, checkDns1123Subdomain, checkQualifiedName } from '../../validation/names.ts';
import { checked, each, oneOf } from '../../validation/values.ts';
import { validateContainers } from './containers.ts';
import { validateDns } from './dns.ts';
import { validateFileVariables } from './env.ts';
import { validateHostNetwork, validateHostUsers } from './namespaces.ts';
import { validatePodClaims, validatePodResources } from './pod-resources.ts';
import { validateAmounts } from './resources.ts';
import { validateAffinity, validateSpread, validateTolerations } from './scheduling.ts';
import { validatePodSecurityContext } from './security.ts';
import { validateVolumes } from './volumes.ts';
import { validateHostProcess, validateOs } from './windows.ts';

const int32Max = 2147483647;
const hostnameLengthMax = 64;

/**
 * What is wrong with a pod spec, in the order in which upstream says it (pkg/apis/core/validation ValidatePodSpec).
 * `pod` is the metadata of the pod; templates have none, and some of what they leave out is filled in later.
 */
export function validatePodSpec(spec: PodSpec | undefined, path: string, pod?: ObjectMeta): FieldError[] {
  return spec === undefined ? [required(path)] : pathsWhenWrong(() => validateParts(spec, path, pod));
}

function validateParts(spec: PodSpec, path: string, pod: ObjectMeta | undefined): FieldError[] {
  const volumes = validateVolumes(spec, child(path, 'volumes'), pod);
  return together(
    volumes.errors,
    validatePodClaims(spec.resourceClaims, child(path, 'resourceClaims'), pod),
    validateContainers({ spec, volumes: volumes.known }, path),
    validatePodResources(spec, child(path, 'resources')),
    validateHostNetwork(spec, path, pod === undefined ? 'template' : 'pod'),
    oneOf(spec.restartPolicy, child(path, 'restartPolicy'), ['Always', 'OnFailure', 'Never'], 'required'),
    oneOf(spec.dnsPolicy, child(path, 'dnsPolicy'), ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'], 'required'),
    validateLabels(spec.nodeSelector, child(path, 'nodeSelector')),
    validatePodSecurityContext(spec.securityContext, spec, child(path, 'securityContext')),
    validateAffinity(spec.affinity, child(path, 'affinity')),
    validateDns(spec, path),
    validateGates(spec, path),
    validateSpread(spec.topologySpreadConstraints ?? [], child(path, 'topologySpreadConstraints')),
    validateHostProcess(spec, path),
    validateHostUsers(spec, path),
    validateHostnameOverride(spec, child(path, 'hostnameOverride')),
    validateNames(spec, path),
    oneOf(spec.preemptionPolicy, child(path, 'preemptionPolicy'), ['PreemptLowerPriority', 'Never']),
    validateAmounts(spec.overhead ?? {}, child(path, 'overhead.limits')),
    validateOs(spec, path),
    validateFileVariables(spec, path),
  );
}

function validateNames(spec: PodSpec, path: string): FieldError[] {
  const subdomain = (field: 'nodeName' | 'serviceAccountName' | 'priorityClassName'): FieldError[] => checked(spec[field], child(path, field), checkDns1123Subdomain);
  const { runtimeClassName } = spec;
  return together(
    subdomain('serviceAccountName'),
    subdomain('nodeName'),
    validateDeadline(spec.activeDeadlineSeconds, child(path, 'activeDeadlineSeconds')),
    checked(spec.hostname, child(path, 'hostname'), checkDns1123Label),
    checked(spec.subdomain, child(path, 'subdomain'), checkDns1123Label),
    validateTolerations(spec.tolerations, child(path, 'tolerations')),
    each(spec.hostAliases, child(path, 'hostAliases'), ({ ip, hostnames }, here) => together(
      invalidEach(checkIp(ip ?? ''), child(here, 'ip'), ip ?? ''),
      each(hostnames, child(here, 'hostnames'), (name, item) => invalidEach(checkDns1123Subdomain(name), item, name)),
    )),
    subdomain('priorityClassName'),
    runtimeClassName === undefined ? [] : invalidEach(checkDns1123Subdomain(runtimeClassName), child(path, 'runtimeClassName'), runtimeClassName),
  );
}

/** A name for the host that is not the pod's own, at most as long as the kernel takes. */
function validateHostnameOverride({ hostnameOverride: name, hostNetwork, setHostnameAsFQDN }: PodSpec, path: string): FieldError[] {
  if (name === undefined) return [];
  const errors: FieldError[] = [];
  if (setHostnameAsFQDN === true) errors.push(forbidden(path, 'may not be specified when setHostnameAsFQDN is true'));
  if (hostNetwork === true) errors.push(forbidden(path, 'may not be specified when hostNetwork is true'));
  if (byteLength(name) > hostnameLengthMax) errors.push(tooLong(path, hostnameLengthMax));
  return together(errors, invalidEach(checkDns1123Subdomain(name), path, name));
}

function validateDeadline(seconds: number | undefined, path: string): FieldError[] {
  if (seconds === undefined || (seconds >= 1 && seconds <= int32Max)) return [];
  return [invalidValue(path, seconds, `must be between 1 and ${int32Max}, inclusive`)];
}

function validateGates(spec: PodSpec, path: string): FieldError[] {
  if (spec.schedulingGates === undefined && spec.readinessGates === undefined) return [];
  const seen = new Set<string>();
  return [
    ...each(spec.readinessGates, child(path, 'readinessGates'), ({ conditionType = '' }: { conditionType?: string }, here) =>
      invalidEach(checkQualifiedName(conditionType), child(here, 'conditionType'), conditionType),
    ),
    ...each(spec.schedulingGates, child(path, 'schedulingGates'), ({ name = '' }: { name?: string }, here) => {
      const errors = invalidEach(checkQualifiedName(name), here, name);
      if (seen.has(name)) errors.push(duplicate(here, name));
      seen.add(name);
      return errors;
    }),
  ];
}

/** What a new pod may not have: ephemeral containers, and a node while gates still hold it back. */
export function validateFreshPodSpec(spec: PodSpec | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if ((spec?.ephemeralContainers ?? []).length > 0) errors.push(forbidden(child(path, 'ephemeralContainers'), 'cannot be set on create'));
  const gated = (spec?.schedulingGates ?? []).length > 0 && (spec?.nodeName ?? '') !== '';
  return gated ? [...errors, forbidden(child(path, 'nodeName'), 'cannot be set until all schedulingGates have been cleared')] : errors;
}
