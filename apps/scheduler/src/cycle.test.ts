import { seededRandom } from '@rhythm/base';
import type { Node, Pod } from '@rhythm/api/types/core-v1';
import { expect, test } from 'vitest';
import { schedule } from './cycle.ts';
import { podRequests } from './resources.ts';
import { Snapshot } from './snapshot.ts';
import { aNode, aPod } from './testing.ts';

function place(pod: Pod, nodes: readonly Node[], placed: readonly Pod[] = []): string {
  const snapshot = new Snapshot();
  for (const other of placed) snapshot.setPod(other);
  for (const node of nodes) snapshot.setNode(node);
  const outcome = schedule(pod, snapshot.nodes, seededRandom(1));
  return outcome.kind === 'node' ? outcome.name : outcome.message;
}

const on = (pod: Pod, nodeName: string): Pod => ({ ...pod, spec: { ...pod.spec, nodeName } });

test('says so when there is no node', () => {
  expect(place(aPod('a'), [])).toBe('no nodes available to schedule pods');
});

test('takes the node with the most left', () => {
  const busy = on(aPod('b', { requests: { cpu: '1', memory: '2Gi' } }), 'n1');
  expect(place(aPod('a'), [aNode('n1'), aNode('n2')], [busy])).toBe('n2');
});

test('counts why nodes are refused, sorted, as kube-scheduler words it', () => {
  const pod = aPod('a', { requests: { cpu: '3' } });
  const tainted = aNode('n2', { spec: { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] } });
  expect(place(pod, [aNode('n1'), tainted, aNode('n3')])).toBe(
    '0/3 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }, 2 Insufficient cpu.',
  );
});

test('pods that were assumed count, and stop counting when they go', () => {
  const snapshot = new Snapshot();
  snapshot.setNode(aNode('n1', { allocatable: { pods: '1' } }));
  snapshot.setPod(on(aPod('b'), 'n1'));
  expect(schedule(aPod('a'), snapshot.nodes, seededRandom(1))).toEqual({ kind: 'unschedulable', message: '0/1 nodes are available: 1 Too many pods.' });
  snapshot.removePod('uid-b');
  expect(schedule(aPod('a'), snapshot.nodes, seededRandom(1))).toEqual({ kind: 'node', name: 'n1' });
  expect(snapshot.nodes.get('n1')?.requested.get('cpu') ?? 0).toBe(0);
});

test('init containers count by their peak beside the sidecars before them', () => {
  const pod = aPod('a', {
    requests: { cpu: '100m' },
    spec: {
      initContainers: [
        { name: 'side', image: 'x', restartPolicy: 'Always', resources: { requests: { cpu: '50m' } } },
        { name: 'big', image: 'x', resources: { requests: { cpu: '400m' } } },
      ],
      overhead: { cpu: '10m' },
    },
  });
  expect(podRequests(pod).get('cpu')).toBe(460);
});

test.each([
  ['In', ['ssd'], true],
  ['In', ['hdd'], false],
  ['NotIn', ['ssd'], false],
  ['Exists', undefined, true],
  ['DoesNotExist', undefined, false],
] as const)('required node affinity: %s %j', (operator, values, fits) => {
  const term = { matchExpressions: [{ key: 'disk', operator, ...(values === undefined ? {} : { values: [...values] }) }] };
  const pod = aPod('a', { spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } } } });
  const expected = fits ? 'n1' : "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
  expect(place(pod, [aNode('n1', { labels: { disk: 'ssd' } })])).toBe(expected);
});

test('a selector with the name of an object property matches nothing by accident', () => {
  const pod = aPod('a', { spec: { nodeSelector: { constructor: 'x' } } });
  expect(place(pod, [aNode('n1')])).toContain("didn't match Pod's node affinity/selector");
});

test('cordoned nodes take only pods that tolerate it', () => {
  const node = aNode('n1', { spec: { unschedulable: true } });
  expect(place(aPod('a'), [node])).toContain('node(s) were unschedulable');
  expect(place(aPod('a', { spec: { tolerations: [{ operator: 'Exists' }] } }), [node])).toBe('n1');
});

test('host ports clash by protocol, port and address', () => {
  const port = (hostIP?: string): Pod['spec']['containers'] => [{ name: 'c', image: 'x', resources: {}, ports: [{ containerPort: 80, hostPort: 80, ...(hostIP === undefined ? {} : { hostIP }) }] }];
  const taken = on(aPod('b', { spec: { containers: port('10.0.0.1') } }), 'n1');
  expect(place(aPod('a', { spec: { containers: port() } }), [aNode('n1')], [taken])).toContain("didn't have free ports");
  expect(place(aPod('a', { spec: { containers: port('10.0.0.2') } }), [aNode('n1')], [taken])).toBe('n1');
});
