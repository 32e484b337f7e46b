import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { debianKubectl } from '../support/debian-kubectl.ts';
import { busybox, command, inNamespace } from './commands.ts';

/** Debian's kubectl 1.20: SPDY for streams, and versions of documents that new ones no longer ask for. */
const k = inNamespace('kubectl-old', await debianKubectl());
const folder = mkdtempSync(join(tmpdir(), 'rhythm-kubectl-'));
const configMap = (value: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: old }\ndata: { key: ${value} }\n`;

beforeAll(async () => {
  await Promise.all([k.deployment('web'), k.sleeper('box')]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

command('1.20: get, describe, explain', async () => {
  expect(await k.ok('version', '--short')).toMatch(/Client Version: v1\.20.*\nServer Version: v1\.35/);
  expect(await k.ok('get', 'pods,deploy,nodes')).toMatch(/pod\/box +1\/1 +Running[^]*deployment.apps\/web +1\/1[^]*node\/\S+ +Ready/);
  expect(await k.ok('describe', 'pod', 'box')).toMatch(/Normal +Started +\S+ +kubelet +Container started/);
  expect(await k.ok('explain', 'pods')).toMatch(/^KIND: +Pod\nVERSION: +v1\n/);
});
command('1.20: apply, diff, edit', async () => {
  expect(await k.apply(configMap('a'))).toBe('configmap/old created\n');
  expect(await k.apply(configMap('a'))).toBe('configmap/old unchanged\n');
  expect((await k.try(['diff', '-f', '-'], configMap('b'))).stdout).toMatch(/\n- {2}key: a\n\+ {2}key: b\n/);
  expect(await k.apply(configMap('b'))).toBe('configmap/old configured\n');
  expect(await k.piped(configMap('c'), 'apply', '--server-side', '--force-conflicts', '-f', '-')).toBe('configmap/old serverside-applied\n');
});
command('1.20: logs, attach', async () => {
  expect(await k.ok('logs', 'box', '--tail=1')).toBe('begun\n');
  await k.ok('run', 'talks', `--image=${busybox}`, '--restart=Never', '--', 'sh', '-c', "trap 'exit 0' TERM; while true; do echo on; sleep 0.3; done");
  await k.ok('wait', '--for=condition=Ready', 'pod/talks', '--timeout=30s');
  await using attached = k.start('attach', 'talks');
  await attached.until(/on\non\n/);
});
command('1.20: exec', async () => {
  expect(await k.ok('exec', 'box', '--', 'echo', 'hi')).toBe('hi\n');
  expect(await k.piped('through\n', 'exec', '-i', 'box', '--', 'cat')).toBe('through\n');
  const failed = await k.try(['exec', 'box', '--', 'sh', '-c', 'echo out; exit 4']);
  expect([failed.code, failed.stdout]).toEqual([4, 'out\n']);
});
command('1.20: port-forward', async () => {
  await using forward = k.start('port-forward', 'deploy/web', ':80');
  const [, port = ''] = await forward.until(/Forwarding from 127\.0\.0\.1:(\d+) -> 80\n/);
  expect(await (await fetch(`http://127.0.0.1:${port}/hostname`)).text()).toMatch(/^web-/);
});
command('1.20: cp', async () => {
  writeFileSync(join(folder, 'there'), 'some text\n');
  await k.ok('cp', join(folder, 'there'), 'box:/tmp/there');
  await k.ok('cp', 'box:/tmp/there', join(folder, 'back'));
  expect(readFileSync(join(folder, 'back'), 'utf8')).toBe('some text\n');
});
command('1.20: rollout, scale, set, label, patch', async () => {
  await k.ok('create', 'deployment', 'other', `--image=${busybox}`, '--replicas=0');
  expect(await k.ok('scale', 'deploy/other', '--replicas=0')).toBe('deployment.apps/other scaled\n');
  expect(await k.ok('set', 'env', 'deploy/other', 'A=b')).toBe('deployment.apps/other env updated\n');
  expect(await k.ok('rollout', 'status', 'deploy/other', '--timeout=20s')).toContain('successfully rolled out');
  expect(await k.ok('rollout', 'undo', 'deploy/other')).toBe('deployment.apps/other rolled back\n');
  expect(await k.ok('label', 'deploy', 'other', 'x=y')).toBe('deployment.apps/other labeled\n');
  expect(await k.ok('patch', 'deploy', 'other', '-p', '{"metadata":{"labels":{"x":"z"}}}')).toBe('deployment.apps/other patched\n');
  expect(await k.ok('delete', 'deploy', 'other')).toBe('deployment.apps "other" deleted\n');
});
