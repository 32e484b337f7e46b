import { beforeAll, expect } from 'vitest';
import { commandAlone, inNamespace } from './commands.ts';

const k = inNamespace('kubectl-nodes');
let node = '';
beforeAll(async () => {
  node = (await k.ok('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
});

commandAlone('cordon, uncordon', async () => {
  expect(await k.ok('cordon', node)).toBe(`node/${node} cordoned\n`);
  expect(await k.ok('cordon', node)).toBe(`node/${node} already cordoned\n`);
  expect(await k.ok('get', 'nodes')).toMatch(/ Ready,SchedulingDisabled /);
  await k.ok('run', 'waits', '--image=x');
  await k.ok('wait', '--for=jsonpath={.status.conditions[0].reason}=Unschedulable', 'pod/waits', '--timeout=20s');
  expect(await k.ok('describe', 'pod', 'waits')).toMatch(/FailedScheduling +\S+ +default-scheduler +0\/1 nodes are available: 1 node\(s\) were unschedulable\./);
  expect(await k.ok('uncordon', node)).toBe(`node/${node} uncordoned\n`);
  await k.ok('wait', '--for=condition=PodScheduled', 'pod/waits', '--timeout=20s');
});
commandAlone('taint', async () => {
  expect(await k.ok('taint', 'node', node, 'kubectl=test:NoSchedule')).toBe(`node/${node} tainted\n`);
  await k.ok('run', 'tainted', '--image=x');
  await k.ok('wait', '--for=jsonpath={.status.conditions[0].reason}=Unschedulable', 'pod/tainted', '--timeout=20s');
  expect(await k.ok('get', 'pod', 'tainted', '-o', 'jsonpath={.status.conditions[0].message}')).toMatch(/^0\/1 nodes are available: 1 node\(s\) had untolerated taint\(?s?\)? ?\{?/);
  expect(await k.ok('taint', 'node', node, 'kubectl-')).toBe(`node/${node} untainted\n`);
  await k.ok('wait', '--for=condition=PodScheduled', 'pod/tainted', '--timeout=20s');
});
commandAlone('drain', async () => {
  await k.sleeper('drained', '-l', 'drain=me');
  expect(await k.fails('drain', node, '--pod-selector=drain=me')).toContain('cannot delete Pods that declare no controller (use --force to override): kubectl-nodes/drained');
  expect(await k.ok('drain', node, '--pod-selector=drain=me', '--force', '--timeout=20s')).toMatch(/pod\/drained evicted\nnode\/\S+ drained\n$/);
  expect(await k.fails('get', 'pod', 'drained')).toContain('not found');
  await k.ok('uncordon', node);
});
