import { nonZeroRequests } from '../resources.ts';
import type { ScorePlugin } from './plugin.ts';

/** Prefers nodes whose CPU and memory would be used evenly: 100 less the deviation of the shares (NodeResourcesBalancedAllocation). */
export const balancedAllocation: ScorePlugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  score(pod, node) {
    const { cpuMilli, memoryBytes } = nonZeroRequests(pod);
    const cpu = usedShare(node.allocatable.get('cpu') ?? 0, node.nonZeroCpuMilli + cpuMilli);
    const memory = usedShare(node.allocatable.get('memory') ?? 0, node.nonZeroMemoryBytes + memoryBytes);
    return 100 * (1 - Math.abs(cpu - memory) / 2);
  },
};

function usedShare(capacity: number, used: number): number {
  return capacity === 0 ? 1 : Math.min(1, used / capacity);
}
