import type { Node, NodeCondition } from '@rhythm/api/types/core-v1';
import { expect, test } from 'vitest';
import { nodeGraceMs, planNode } from './plan.ts';

const t0 = 1_700_000_000_000;

function node(ready: string | undefined, taints: Node['spec']['taints'] = []): Node {
  const conditions: NodeCondition[] = ready === undefined ? [] : [{ type: 'Ready', status: ready }];
  return { metadata: { name: 'n1' }, spec: { taints }, status: { conditions } as unknown as Node['status'] };
}

const keys = (plan: { taints?: readonly { key: string; effect: string }[] }): string[] | undefined => plan.taints?.map((t) => `${t.key}:${t.effect}`);

test('a ready node loses the taint that it was born with', () => {
  const plan = planNode(node('True', [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }, { key: 'mine', effect: 'NoSchedule' }]), t0, t0);
  expect(keys(plan)).toEqual(['mine:NoSchedule']);
  expect(plan.podsNotReady).toBe(false);
});

test('a ready node with nothing to change is left alone', () => {
  expect(planNode(node('True'), t0, t0)).toEqual({ podsNotReady: false, lookAgainAt: t0 + nodeGraceMs + 1 });
});

test('a node that is not ready keeps pods off and sends them away', () => {
  expect(keys(planNode(node('False'), t0, t0))).toEqual(['node.kubernetes.io/not-ready:NoSchedule', 'node.kubernetes.io/not-ready:NoExecute']);
});

test('a silent node becomes unknown and unreachable, its pods not ready', () => {
  const plan = planNode(node('True'), t0, t0 + nodeGraceMs + 1);
  expect(plan.conditions).toMatchObject([{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }]);
  expect(keys(plan)).toEqual(['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute']);
  expect(plan.podsNotReady).toBe(true);
});

test('a node that never spoke is given its start-up time', () => {
  expect(planNode(node(undefined), t0, t0 + nodeGraceMs + 1).conditions).toBeUndefined();
  expect(planNode(node(undefined), t0, t0 + 60_001).conditions?.[0]).toMatchObject({ reason: 'NodeStatusNeverUpdated' });
});

test('a cordon is a taint', () => {
  const cordoned = node('True');
  expect(keys(planNode({ ...cordoned, spec: { ...cordoned.spec, unschedulable: true } }, t0, t0))).toEqual(['node.kubernetes.io/unschedulable:NoSchedule']);
});
