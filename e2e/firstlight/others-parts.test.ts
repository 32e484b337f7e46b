import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startContainerd, stopProcess } from '@rhythm/cli';
import { systemClock } from '@rhythm/base';
import { clusterFolder, end, eventually, exec, ok, purgeCluster, rhythm, upCluster } from '../support/cluster.ts';
import { anyPort } from '@rhythm/grpc/testing';

/** A cluster on somebody else's etcd, and one on somebody else's containerd. */
const made: string[] = [];
const stops: Array<() => Promise<unknown>> = [];
const folder = (prefix: string): string => {
  const dir = mkdtempSync(join(tmpdir(), prefix));
  made.push(dir);
  return dir;
};
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
  for (const dir of made) rmSync(dir, { recursive: true, force: true });
});

async function startEtcd(): Promise<string> {
  const [client, peer] = [await anyPort(), await anyPort()];
  const url = `http://127.0.0.1:${client}`;
  const child: ChildProcess = spawn('etcd', ['--data-dir', folder('e2e-etcd-'), '--listen-client-urls', url, '--advertise-client-urls', url, '--listen-peer-urls', `http://127.0.0.1:${peer}`, '--log-level', 'error'], { stdio: 'ignore' });
  stops.push(() => end(child));
  await eventually(async () => (await fetch(`${url}/health`)).ok, 'etcd answers');
  return `127.0.0.1:${client}`;
}

test('up --store-endpoints: the API server runs on etcd, and no store is started', async () => {
  const endpoint = await startEtcd();
  const dir = clusterFolder();
  stops.push(() => purgeCluster(dir));
  const { cluster, output } = await upCluster(dir, '--store-endpoints', endpoint);
  expect(output).toMatch(/hello: from a pod .* hello-\S+ x\d/);
  expect((await cluster.rhythm('status')).stdout).not.toMatch(/^store/m);
  const keys = (await ok('etcdctl', ['--endpoints', endpoint, 'get', '--prefix', '--keys-only', '/registry/'], { env: { ...process.env, ETCDCTL_API: '3' } })).split('\n');
  expect(keys).toContain('/registry/deployments/default/hello');
  expect(keys).toContain('/registry/services/specs/default/hello');
  await purgeCluster(dir);
});

test("up --runtime-endpoint: pods run on a containerd that was there, and down leaves other people's pods alone", async () => {
  const base = folder('e2e-containerd-');
  const dir = clusterFolder();
  const runtimeDirectory = `/run/rhythm-e2e-${process.pid}`;
  const options = { root: join(base, 'containerd'), runtimeDirectory, socket: join(runtimeDirectory, 'containerd.sock'), cniConfDir: join(dir, 'cni') };
  const folders = { run: join(base, 'run'), logs: join(base, 'logs') };
  mkdirSync(join(dir, 'cni'), { recursive: true });
  await startContainerd(systemClock, folders, options);
  stops.push(async () => {
    await stopProcess(systemClock, folders, 'containerd', 5_000);
    await exec('sh', ['-c', `grep -o ' ${runtimeDirectory}[^ ]*' /proc/self/mountinfo | sort -r | xargs -r umount`]);
    rmSync(runtimeDirectory, { recursive: true, force: true });
  });
  stops.push(() => purgeCluster(dir));
  const pid = readFileSync(join(folders.run, 'containerd.pid'), 'utf8');
  const { cluster, output } = await upCluster(dir, '--runtime-endpoint', options.socket);
  expect(output).toMatch(/hello: from a pod .* hello-\S+ x\d/);
  expect((await cluster.rhythm('status')).stdout).not.toMatch(/^containerd/m);
  const tasks = (): Promise<string> => ok('ctr', ['--address', options.socket, '--namespace', 'k8s.io', 'tasks', 'list', '--quiet']);
  expect((await tasks()).trim().split('\n').length).toBeGreaterThanOrEqual(6);
  await ok('ctr', ['--address', options.socket, '--namespace', 'k8s.io', 'run', '--detach', 'rhythm.local/hello:v1', 'somebody', '/bin/sleep', '600']);
  expect((await exec(rhythm, ['down', '--dir', dir])).code).toBe(0);
  expect((await tasks()).trim()).toBe('somebody');
  expect(readFileSync(join(folders.run, 'containerd.pid'), 'utf8')).toBe(pid);
  await ok('ctr', ['--address', options.socket, '--namespace', 'k8s.io', 'tasks', 'kill', '--signal', 'SIGKILL', 'somebody']);
  await eventually(async () => (await exec('ctr', ['--address', options.socket, '--namespace', 'k8s.io', 'tasks', 'delete', 'somebody'])).code === 0, 'the other container is gone');
});
