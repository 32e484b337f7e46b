import type { PodSpec } from '../gen/types/core-v1.ts';

/** Names and images of a pod's containers, as the wide columns of workloads show them. */
export function containerCells(spec: PodSpec | undefined): [string, string] {
  const containers = spec?.containers ?? [];
  return [containers.map((c) => c.name).join(','), containers.map((c) => c.image ?? '').join(',')];
}
