import type { Pod } from '@rhythm/api/types/core-v1';
import { randomInt, type Random } from '@rhythm/base';
import { filterPlugins, scorePlugins } from './plugins/index.ts';
import type { NodeInfo } from './snapshot.ts';

export type Outcome = { readonly kind: 'node'; readonly name: string } | { readonly kind: 'unschedulable'; readonly message: string };

/**
 * One pod against all nodes: those that no filter refuses are scored, the best is taken, chance decides among equals.
 * When none is left the message counts the reasons, in kube-scheduler's words.
 */
export function schedule(pod: Pod, nodes: ReadonlyMap<string, NodeInfo>, random: Random): Outcome {
  const feasible: NodeInfo[] = [];
  const reasons = new Map<string, number>();
  for (const node of nodes.values()) {
    const why = refusal(pod, node);
    if (why.length === 0) feasible.push(node);
    for (const reason of why) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  if (feasible.length === 0) return { kind: 'unschedulable', message: explain(nodes.size, reasons) };
  return { kind: 'node', name: best(pod, feasible, random).name };
}

function refusal(pod: Pod, node: NodeInfo): readonly string[] {
  for (const plugin of filterPlugins) {
    const why = plugin.filter(pod, node);
    if (why.length > 0) return why;
  }
  return [];
}

function best(pod: Pod, nodes: readonly NodeInfo[], random: Random): NodeInfo {
  let top: NodeInfo[] = [];
  let topScore = -1;
  for (const node of nodes) {
    const score = Math.round(scorePlugins.reduce((sum, plugin) => sum + plugin.weight * plugin.score(pod, node), 0));
    if (score > topScore) [top, topScore] = [[node], score];
    else if (score === topScore) top.push(node);
  }
  return top[randomInt(random, top.length)] as NodeInfo;
}

function explain(nodeCount: number, reasons: ReadonlyMap<string, number>): string {
  if (nodeCount === 0) return 'no nodes available to schedule pods';
  const counted = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodeCount} nodes are available: ${counted.join(', ')}.`;
}
