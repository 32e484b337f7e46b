import { nonZeroRequests } from '../resources.ts';
import type { ScorePlugin } from './plugin.ts';

/** Prefers nodes with more left: the mean of the free shares of CPU and memory (NodeResourcesFit, LeastAllocated). */
export const leastAllocated: ScorePlugin = {
  name: 'NodeResourcesLeastAllocated',
  weight: 1,
  score(pod, node) {
    const { cpuMilli, memoryBytes } = nonZeroRequests(pod);
    const cpu = freeShare(node.allocatable.get('cpu') ?? 0, node.nonZeroCpuMilli + cpuMilli);
    const memory = freeShare(node.allocatable.get('memory') ?? 0, node.nonZeroMemoryBytes + memoryBytes);
    return (cpu + memory) / 2;
  },
};

function freeShare(capacity: number, used: number): number {
  return capacity === 0 || used > capacity ? 0 : ((capacity - used) * 100) / capacity;
}
