import type { LoadBalancerIngress, Service, ServiceSpec } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, forbidden, invalidValue, required } from '../../validation/field-error.ts';
import { checkIp, ipFamilyOf } from '../../validation/ip.ts';
import { checkDns1123Subdomain } from '../../validation/names.ts';
import { checked, each, oneOf } from '../../validation/values.ts';
import { usesHealthCheckPort } from './service-addresses.ts';

/** Addresses and their families are given once, but for additions and releases of the second; a load balancer keeps its class. */
export function validateServiceUpdate({ spec }: Service, { spec: before }: Service): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.type !== 'ExternalName' && before.type !== 'ExternalName') {
    const headless = [spec, before].filter(isHeadless).length;
    if (headless < 2) errors.push(...validateChange(spec, before, 'clusterIPs', 'clusterIP'));
    if (headless === 0) errors.push(...validateChange(spec, before, 'ipFamilies', 'ipFamily'));
  }
  if (spec.type === 'LoadBalancer' && before.type === 'LoadBalancer' && spec.loadBalancerClass !== before.loadBalancerClass) {
    errors.push(invalidValue('spec.loadBalancerClass', spec.loadBalancerClass ?? null, 'may not change once set'));
  }
  if (usesHealthCheckPort(spec) && usesHealthCheckPort(before) && spec.healthCheckNodePort !== before.healthCheckNodePort) {
    errors.push(forbidden('spec.healthCheckNodePort', 'field is immutable'));
  }
  return errors;
}

function isHeadless({ clusterIPs = [] }: ServiceSpec): boolean {
  return clusterIPs.length === 1 && clusterIPs[0] === 'None';
}

/** Of two values the first stays, the second comes and goes; it goes only with a policy that says so. */
function validateChange(spec: ServiceSpec, before: ServiceSpec, field: 'clusterIPs' | 'ipFamilies', one: string): FieldError[] {
  const now: readonly string[] = spec[field] ?? [];
  const old: readonly string[] = before[field] ?? [];
  const path = `spec.${field}`;
  // Of families, errors always name the first.
  const changed = (i: number): FieldError[] => (now[i] === old[i] ? [] : [invalidValue(`${path}[${field === 'ipFamilies' ? 0 : i}]`, now, 'may not change once set')]);
  if (now.length === old.length) return old.flatMap((_, i) => changed(i));
  if (old.length === 0) return [];
  if (now.length === 0) return [invalidValue(`${path}[0]`, now, `primary ${one} can not be unset`)];
  const errors = changed(0);
  if (now.length > old.length || now.length > 1 || spec.ipFamilyPolicy === 'SingleStack') return errors;
  return [...errors, invalidValue('spec.ipFamilyPolicy', spec.ipFamilyPolicy ?? null, `must be set to 'SingleStack' when releasing the secondary ${one}`)];
}

/** What a load balancer may report of itself, and that only one may. */
export function validateServiceStatus({ spec, status }: Service): FieldError[] {
  const ingress = status?.loadBalancer?.ingress;
  const path = 'status.loadBalancer.ingress';
  if (spec.type !== 'LoadBalancer' && (ingress ?? []).length > 0) return [forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")];
  return each(ingress, path, validateIngressPoint);
}

function validateIngressPoint({ ip = '', ipMode, hostname = '' }: LoadBalancerIngress, path: string): FieldError[] {
  const errors = checked(ip, child(path, 'ip'), checkIp);
  const mode = child(path, 'ipMode');
  if (ipMode === undefined) errors.push(...(ip === '' ? [] : [required(mode, 'must be specified when `ip` is set')]));
  else if (ip === '') errors.push(forbidden(mode, 'may not be specified when `ip` is not set'));
  else errors.push(...oneOf(ipMode, mode, ['Proxy', 'VIP']));
  errors.push(...checked(hostname, child(path, 'hostname'), checkDns1123Subdomain));
  if (ipFamilyOf(hostname) !== undefined) errors.push(invalidValue(child(path, 'hostname'), hostname, 'must be a DNS name, not an IP address'));
  return errors;
}
