import { balancedAllocation } from './balanced-allocation.ts';
import { leastAllocated } from './least-allocated.ts';
import { nodeAffinity, preferredNodeAffinity } from './node-affinity.ts';
import { nodeName } from './node-name.ts';
import { nodePorts } from './node-ports.ts';
import { nodeResourcesFit } from './node-resources-fit.ts';
import { nodeUnschedulable } from './node-unschedulable.ts';
import type { FilterPlugin, ScorePlugin } from './plugin.ts';
import { preferNoTaint, taintToleration } from './taint-toleration.ts';

/** In the order in which they are asked; the first to refuse a node names the reason. */
export const filterPlugins: readonly FilterPlugin[] = [nodeUnschedulable, nodeName, taintToleration, nodeAffinity, nodePorts, nodeResourcesFit];

export const scorePlugins: readonly ScorePlugin[] = [preferNoTaint, preferredNodeAffinity, leastAllocated, balancedAllocation];
