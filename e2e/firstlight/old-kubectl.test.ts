import { beforeAll, expect, inject, test } from 'vitest';
import { Cluster, eventually, ok } from '../support/cluster.ts';
import { debianKubectl } from '../support/debian-kubectl.ts';

const cluster = new Cluster(inject('clusterDir'));
let binary: string;
beforeAll(async () => {
  binary = await debianKubectl();
});
const k = (args: readonly string[], input?: string): Promise<string> => ok(binary, [...args], { env: cluster.env, input });

test('kubectl 1.20 gets', async () => {
  expect(await k(['version', '--short'])).toMatch(/Client Version: v1\.20.*\nServer Version: v1\.35/s);
  await eventually(async () => /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nhello +3\/3 +3 +3 /.test(await k(['get', 'deployment', 'hello'])), 'three pods are available');
  expect(await k(['get', 'nodes', '-o', 'wide'])).toMatch(/Ready/);
  expect(await k(['get', 'pods', '-l', 'app=hello', '-o', 'name'])).toMatch(/^pod\/hello-/);
});

test('kubectl 1.20 applies', async () => {
  const manifest = (value: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: from-old, namespace: default }\ndata: { key: ${value} }\n`;
  expect(await k(['apply', '-f', '-'], manifest('a'))).toBe('configmap/from-old created\n');
  expect(await k(['apply', '-f', '-'], manifest('a'))).toBe('configmap/from-old unchanged\n');
  expect(await k(['apply', '-f', '-'], manifest('b'))).toBe('configmap/from-old configured\n');
  await k(['delete', 'configmap', 'from-old']);
});

test('kubectl 1.20 reads logs', async () => {
  await k(['run', 'old-logs', '--image=rhythm.local/hello:v1', '--restart=Never', '--', '/bin/echo', 'from the old one']);
  await eventually(async () => (await k(['get', 'pod', 'old-logs', '-o', 'jsonpath={.status.phase}'])) === 'Succeeded', 'the pod has ended');
  expect(await k(['logs', 'old-logs', '-f'])).toBe('from the old one\n');
  await k(['delete', 'pod', 'old-logs', '--wait=false']);
});
