import type { Pod } from '@rhythm/api/types/core-v1';
import type { NodeInfo } from '../snapshot.ts';

/** Says whether a pod may run on a node: nothing when it may, else why not, in the words of kube-scheduler. */
export interface FilterPlugin {
  readonly name: string;
  filter(pod: Pod, node: NodeInfo): readonly string[];
}

/** How good a node is for a pod, 0 to 100; scores are summed by weight. */
export interface ScorePlugin {
  readonly name: string;
  readonly weight: number;
  score(pod: Pod, node: NodeInfo): number;
}
