import type { ResourceClaim } from '../gen/types/resource-v1.ts';
import type { Amounts } from '../kinds/core/pod-resources.ts';
import { quantityOf } from '../quantity.ts';
import type { KubeObject } from '../resource.ts';
import { countName, type QuotaEvaluator } from './evaluator.ts';

const group = 'resource.k8s.io';
const ofClass = '.deviceclass.resource.k8s.io/devices';
/** The most devices that one request can get: what `All` may come to. */
const allDevices = 32;

/** ResourceClaims, and the devices of each class that they ask for. */
export const deviceClaims: QuotaEvaluator = {
  group,
  resource: 'resourceclaims',
  countsUpdate: (subresource) => subresource === '',
  matches: (name) => name === countName(group, 'resourceclaims') || name.endsWith(ofClass),
  matchesScope: () => false,
  usage,
};

interface Asked {
  readonly deviceClassName: string;
  readonly allocationMode?: string;
  readonly count?: number;
}

function usage(object: KubeObject): Amounts {
  const counts = new Map<string, number>([[countName(group, 'resourceclaims'), 1]]);
  for (const { exactly, firstAvailable } of (object as ResourceClaim).spec.devices?.requests ?? []) {
    // Of alternatives only one is taken; which, nobody knows yet: the most of each class.
    const most = new Map<string, number>();
    for (const asked of exactly === undefined ? (firstAvailable ?? []) : [exactly]) most.set(asked.deviceClassName, Math.max(most.get(asked.deviceClassName) ?? 0, devicesOf(asked)));
    for (const [name, devices] of most) counts.set(name + ofClass, (counts.get(name + ofClass) ?? 0) + devices);
  }
  return new Map([...counts].map(([name, count]) => [name, quantityOf(count)]));
}

function devicesOf({ allocationMode, count }: Asked): number {
  return allocationMode === 'All' ? allDevices : (count ?? 1);
}
