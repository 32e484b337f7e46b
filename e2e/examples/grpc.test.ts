import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterFolder, eventually, exec, ok, purgeCluster, repository, upCluster, type Cluster } from '../support/cluster.ts';

const folder = join(repository, 'examples/grpc');
let cluster: Cluster;
let scratch: string;
let dir: string;

beforeAll(async () => {
  dir = clusterFolder();
  scratch = mkdtempSync(join(tmpdir(), 'rhythm-grpc-'));
  ({ cluster } = await upCluster(dir, '--bare', '--fake-nodes', '1'));
  await eventually(async () => (await cluster.tryKubectl('run', 'shown', '--image=none')).code === 0, 'a pod');
});
afterAll(async () => {
  await purgeCluster(dir);
  rmSync(scratch, { recursive: true, force: true });
});

/** What a client prints: the pod, and the life of an object as it is applied, watched and deleted. */
function expectLife(output: string, name: string): void {
  const lines = output.trim().split('\n');
  expect(lines).toContainEqual(expect.stringMatching(/^default\/shown (Pending|Running)$/));
  expect(lines.filter((line) => line.includes(name)).sort()).toEqual([`ADDED ${name}`, `DELETED ${name}`, `NOT_FOUND: configmaps "${name}" not found (reason NotFound)`, `applied configmaps/${name}`, `deleted configmaps/${name}`]);
}

test('the client in TypeScript', async () => {
  expectLife(await ok('node', [join(folder, 'typescript/client.ts'), cluster.kubeconfig]), 'from-typescript');
});

test('the client in Python', async () => {
  await ok('protoc', ['-I', join(repository, 'proto'), `--python_out=${scratch}`, 'rhythm/api/v1/api.proto']);
  const output = await exec('/usr/bin/python3', [join(folder, 'python/client.py'), cluster.kubeconfig], { env: { ...process.env, PYTHONPATH: scratch } });
  expect(output.stderr).toBe('');
  expectLife(output.stdout, 'from-python');
});
