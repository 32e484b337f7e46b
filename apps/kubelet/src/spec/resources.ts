import { parseQuantity } from '@rhythm/api';
import type { Container, Pod } from '@rhythm/api/types/core-v1';
import type { ContainerResources } from '@rhythm/cri';
import { qosClass } from '../observed/qos.ts';

/** The kernel's defaults and bounds (cgroup v1 documentation; CFS period 100 ms). */
const sharesPerCpu = 1024n;
const sharesMin = 2n;
const quotaPeriodUs = 100_000n;
const quotaMinUs = 1_000n;

const milli = (text: string | undefined): bigint => (text === undefined ? 0n : (parseQuantity(text).nano + 999_999n) / 1_000_000n);
const units = (text: string | undefined): bigint => (text === undefined ? 0n : (parseQuantity(text).nano + 999_999_999n) / 1_000_000_000n);
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);

export const cpuShares = (milliCpu: bigint): number => Number(milliCpu === 0n ? sharesMin : max((milliCpu * sharesPerCpu) / 1000n, sharesMin));
export const cpuQuota = (milliCpu: bigint): number => (milliCpu === 0n ? 0 : Number(max((milliCpu * quotaPeriodUs) / 1000n, quotaMinUs)));

/** Limits for one container from its requests and limits. */
export function containerResources(pod: Pod, container: Container, memoryCapacityBytes: bigint): ContainerResources {
  const { limits, requests } = container.resources ?? {};
  return {
    cpuShares: cpuShares(milli(requests?.['cpu'] ?? limits?.['cpu'])),
    cpuQuota: cpuQuota(milli(limits?.['cpu'])),
    cpuPeriod: Number(quotaPeriodUs),
    memoryLimitBytes: Number(units(limits?.['memory'])),
    oomScoreAdj: oomScore(pod, container, memoryCapacityBytes),
  };
}

/** Who is killed first when the machine runs out of memory: guaranteed pods last, best-effort pods first. */
function oomScore(pod: Pod, container: Container, capacity: bigint): number {
  const qos = qosClass(pod);
  if (qos === 'Guaranteed') return -997;
  if (qos === 'BestEffort') return 1000;
  const request = units(container.resources?.requests?.['memory'] ?? container.resources?.limits?.['memory']);
  const score = Number(1000n - (1000n * request) / max(capacity, 1n));
  return Math.min(Math.max(score, 3), 999);
}

/** Limits of the pod's own cgroup; 0 or absent: not limited. */
export interface PodLimits {
  readonly cpuShares: number;
  readonly cpuQuota: number;
  readonly memoryLimitBytes: number;
}

/** A pod is limited as a whole only when each of its containers is: then the sum (or the largest init container) bounds it. */
export function podLimits(pod: Pod): PodLimits {
  const total = (kind: 'limits' | 'requests', name: string, parse: (text: string | undefined) => bigint): bigint | undefined => {
    const sums = { running: 0n, init: 0n, complete: true };
    for (const container of pod.spec.containers) {
      const amount = parse(container.resources?.[kind]?.[name]);
      if (amount === 0n) sums.complete = false;
      sums.running += amount;
    }
    let sidecars = 0n;
    for (const container of pod.spec.initContainers ?? []) {
      const amount = parse(container.resources?.[kind]?.[name]);
      if (amount === 0n) sums.complete = false;
      if (container.restartPolicy === 'Always') sidecars += amount;
      else sums.init = max(sums.init, amount + sidecars);
    }
    if (kind === 'limits' && !sums.complete) return undefined;
    return max(sums.running + sidecars, sums.init);
  };
  return {
    cpuShares: cpuShares(total('requests', 'cpu', milli) ?? 0n),
    cpuQuota: cpuQuota(total('limits', 'cpu', milli) ?? 0n),
    memoryLimitBytes: Number(total('limits', 'memory', units) ?? 0n),
  };
}
