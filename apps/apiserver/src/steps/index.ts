/**
 * Admission steps that need more than the object: addresses and ports of Services. (Tokens of service accounts are in
 * `auth/`, since verifying them is there.) May import the pipeline's port types only.
 */
import type { KubeObject } from '@rhythm/api';
import type { Clock, Random } from '@rhythm/base';
import type { AdmissionStep, ObjectReader } from '../ports/types.ts';
import { Ipv4Range } from './ipv4-range.ts';
import { serviceAllocation } from './service-allocation.ts';

export { Ipv4Range } from './ipv4-range.ts';
export { repairAllocations, type RepairWriter } from './repair.ts';

/** To run after all other mutating steps. @throws Error when the service range is not usable. */
export function allocationSteps(serviceCidr: string, reader: ObjectReader, ports: { readonly clock: Clock; readonly random: Random }): AdmissionStep[] {
  return [serviceAllocation(new Ipv4Range(serviceCidr), reader, ports)];
}

/** The ServiceCIDR `kubernetes`, which says what range the cluster was started with; to be created at start where missing. */
export function defaultServiceCidr(serviceCidr: string): KubeObject {
  return { kind: 'ServiceCIDR', apiVersion: 'networking.k8s.io/v1', metadata: { name: 'kubernetes' }, spec: { cidrs: [new Ipv4Range(serviceCidr).cidr] } } as KubeObject;
}
