import type { Container, ContainerStatus, Pod, PodCondition, PodSpec, PodStatus } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, duplicate, forbidden, invalidValue } from '../../validation/field-error.ts';
import { checkIp, ipFamilyOf } from '../../validation/ip.ts';
import { checkDns1123Subdomain, checkQualifiedName } from '../../validation/names.ts';
import { each, immutable } from '../../validation/values.ts';

/** Conditions whose names have no prefix and need no check. */
const systemConditions: ReadonlySet<string> = new Set(['PodScheduled', 'Ready', 'Initialized']);

/** What a report about a pod may not say: that a container which ended for good runs again, or that a pod with a node is promised one. */
export function validatePodStatus(pod: Pod, old: Pod): FieldError[] {
  const status = pod.status ?? {};
  const before = old.status ?? {};
  return [
    ...each(status.conditions, 'status.conditions', validateCondition),
    ...validateNomination(status.nominatedNodeName ?? '', before.nominatedNodeName ?? '', old.spec.nodeName ?? ''),
    ...notNegative(status.observedGeneration, 'status.observedGeneration'),
    ...immutable(status.qosClass ?? '', before.qosClass ?? '', 'status.qosClass'),
    ...validateRevivals(status, before, old.spec),
    ...validateClaims(status, pod.spec),
    ...validateAddresses(status),
  ];
}

/** The path of the type is upstream's own. */
function validateCondition({ type = '', observedGeneration }: Partial<PodCondition>, path: string): FieldError[] {
  const errors = notNegative(observedGeneration, child(path, 'observedGeneration'));
  return systemConditions.has(type) ? errors : [...errors, ...checkQualifiedName(type).map((e) => invalidValue(child(path, 'Type'), type, e))];
}

function notNegative(generation: number | undefined, path: string): FieldError[] {
  return (generation ?? 0) < 0 ? [invalidValue(path, generation, 'must be a non-negative integer')] : [];
}

function validateNomination(name: string, before: string, nodeName: string): FieldError[] {
  if (name === '' || name === before) return [];
  const path = 'status.nominatedNodeName';
  const errors = checkDns1123Subdomain(name).map((e) => invalidValue(path, name, e));
  return nodeName === '' ? errors : [...errors, forbidden(path, 'may not be set on pods that are already bound to a node')];
}

function validateRevivals(status: PodStatus, before: PodStatus, spec: PodSpec): FieldError[] {
  return [
    ...revived(status.containerStatuses, before.containerStatuses, 'status.containerStatuses', (name, code) => mayRestart(spec.containers, name, code, spec.restartPolicy)),
    ...revived(status.initContainerStatuses, before.initContainerStatuses, 'status.initContainerStatuses', (name, code) => mayRestart(spec.initContainers, name, code, spec.restartPolicy)),
    ...revived(status.ephemeralContainerStatuses, before.ephemeralContainerStatuses, 'status.ephemeralContainerStatuses', () => false),
  ];
}

type Statuses = readonly ContainerStatus[] | undefined;

/** The index in the path is the one that the stored status had. */
function revived(statuses: Statuses, before: Statuses, path: string, mayRun: (name: string, exitCode: number) => boolean): FieldError[] {
  const now = new Map((statuses ?? []).map((status) => [status.name, status]));
  return each(before, path, ({ name, state }, here) => {
    const ended = state?.terminated;
    const next = now.get(name);
    if (ended === undefined || next === undefined || next.state?.terminated !== undefined || mayRun(name, ended.exitCode ?? 0)) return [];
    return [forbidden(child(here, 'state'), 'may not be transitioned to non-terminated state')];
  });
}

/** Whether a container that ended may run again: by its own rules and policy, or the pod's. */
function mayRestart(containers: readonly Container[] | undefined, name: string, exitCode: number, ofPod: string | undefined): boolean {
  const container = containers?.find((c) => c.name === name);
  if (container === undefined) return false;
  if ((container.restartPolicyRules ?? []).some((rule) => rule.action === 'Restart' && matches(rule.exitCodes, exitCode))) return true;
  return byPolicy(container.restartPolicy ?? ofPod, exitCode);
}

function matches(codes: { readonly operator?: string; readonly values?: readonly number[] } | undefined, exitCode: number): boolean {
  const listed = codes?.values?.includes(exitCode) ?? false;
  return codes?.operator === 'In' ? listed : codes?.operator === 'NotIn' && !listed;
}

function byPolicy(policy: string | undefined, exitCode: number): boolean {
  return policy === 'OnFailure' ? exitCode !== 0 : policy !== 'Never';
}

function validateClaims({ resourceClaimStatuses }: PodStatus, spec: PodSpec): FieldError[] {
  const known = new Set((spec.resourceClaims ?? []).map((claim) => claim.name));
  const seen = new Set<string>();
  return each(resourceClaimStatuses, 'status.resourceClaimStatuses', ({ name, resourceClaimName }, path) => {
    const field = child(path, 'name');
    const errors = known.has(name) ? [] : [invalidValue(field, name, 'must match the name of an entry in `spec.resourceClaims`')];
    if (seen.has(name)) errors.push(duplicate(field, name));
    seen.add(name);
    const made = resourceClaimName ?? undefined;
    return made === undefined ? errors : [...errors, ...checkDns1123Subdomain(made).map((e) => invalidValue(child(path, 'resourceClaimName'), made, e))];
  });
}

function validateAddresses({ podIPs, hostIP, hostIPs }: PodStatus): FieldError[] {
  const errors = validateFamilies(podIPs ?? [], 'status.podIPs');
  const first = hostIPs?.[0]?.ip;
  if (first !== undefined && first !== (hostIP ?? '')) errors.push(invalidValue('status.hostIPs[0].ip', first, 'must be equal to `hostIP`'));
  return [...errors, ...validateFamilies(hostIPs ?? [], 'status.hostIPs')];
}

function validateFamilies(ips: readonly { readonly ip?: string }[], path: string): FieldError[] {
  const errors = each(ips, path, ({ ip = '' }, here) => checkIp(ip).map((e) => invalidValue(here, ip, e)));
  const families = new Set(ips.map(({ ip = '' }) => ipFamilyOf(ip)));
  return ips.length > 1 && families.size < ips.length ? [...errors, invalidValue(path, ips, 'may specify no more than one IP for each IP family')] : errors;
}
