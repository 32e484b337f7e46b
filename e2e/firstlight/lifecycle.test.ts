import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Cluster, clusterFolder, end, eventually, exec, ok, purgeCluster, repository, rhythm, upCluster } from '../support/cluster.ts';

/** These tests run in this order on clusters of their own: they stop, kill and resume them. */
const residue = join(repository, 'tools/residue');
const scratch = mkdtempSync(join(tmpdir(), 'e2e-residue-'));
const snapshot = join(scratch, 'before.json');
/** On a machine where others work too, only lines that match count. */
const match = process.env['RHYTHM_RESIDUE_MATCH'];
const dirs: string[] = [];
let one: Cluster;
let two: Cluster;

/** For so long nothing may come or go before we begin. */
const restMs = 1_000;
/** What is there now and was not, or was there and is not, since the snapshot. */
const residueNow = async (): Promise<string[]> => (await exec(residue, ['diff', snapshot, ...(match === undefined ? [] : ['--match', match])])).stdout.split('\n').filter((line) => /^[+-]/.test(line));

const folder = (): string => {
  const dir = clusterFolder();
  dirs.push(dir);
  return dir;
};
const alive = (pid: number): boolean => existsSync(`/proc/${pid}/status`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
const parts = ['containerd', 'store', 'apiserver', 'scheduler', 'controller-manager', 'kubelet', 'proxy', 'dns'];
/** Every process runs and the API is ready: one that was killed may have taken others with it, which are started again as well. */
const whole = async (cluster: Cluster): Promise<boolean> =>
  parts.every((name) => alive(cluster.pid(name))) && (await cluster.kubectl('get', '--raw', '/readyz')) === 'ok' && (await cluster.kubectl('get', 'nodes')).includes(' Ready');
const helloNames = async (cluster: Cluster): Promise<string[]> =>
  (await cluster.kubectl('get', 'pods', '-l', 'app=hello', '-o', 'jsonpath={.items[*].metadata.name}')).split(' ').toSorted();

/** Distinct answers of the hello Service to calls from the host. */
async function answers(cluster: Cluster): Promise<string[]> {
  const ip = await cluster.kubectl('get', 'service', 'hello', '-o', 'jsonpath={.spec.clusterIP}');
  const names = new Set<string>();
  // As many as it takes that none of three is left out by chance (1 in 10^10).
  for (let call = 0; call < 60; call++) names.add((await ok('busybox', ['wget', '-qO-', `http://${ip}`])).trim());
  return [...names].toSorted();
}

beforeAll(async () => {
  // What other files have deleted in the shared cluster must be gone before the snapshot.
  const shared = new Cluster(inject('clusterDir'));
  await eventually(async () => (await shared.kubectl('get', 'pods', '-A', '-o', 'name')).trim().split('\n').length === 3, 'the shared cluster is at rest');
  // Its last pod may still leave an address or a route behind it for a moment.
  await eventually(async () => {
    await ok(residue, ['snapshot', snapshot]);
    await new Promise((done) => setTimeout(done, restMs));
    return (await residueNow()).length === 0;
  }, 'nothing comes and goes on the machine');
  [{ cluster: one }, { cluster: two }] = [await upCluster(folder()), await upCluster(folder())];
});
afterAll(async () => {
  for (const dir of dirs) await purgeCluster(dir);
  rmSync(scratch, { recursive: true, force: true });
});

test('two clusters side by side both serve, each its own', async () => {
  const [first, second] = [await answers(one), await answers(two)];
  expect(first).toEqual(await helloNames(one));
  expect(second).toEqual(await helloNames(two));
  expect(first.some((name) => second.includes(name))).toBe(false);
});

test('status shows every process, and what is in the cluster', async () => {
  const output = await one.rhythm('status');
  expect([output.code, output.stderr]).toEqual([0, '']);
  for (const name of ['rhythm', 'containerd', 'store', 'apiserver', 'scheduler', 'controller-manager', 'kubelet', 'proxy', 'dns']) {
    expect(output.stdout).toMatch(new RegExp(`^${name} +\\d+ +\\S+ +\\d+ MB +running`, 'm'));
    expect(alive(one.pid(name))).toBe(true);
  }
  expect(output.stdout).toMatch(/nodes: 1 \(1 Ready\) +pods: 3 \(3 Running\)/);
});

test('kubeconfig prints the administrator\'s', async () => {
  expect((await one.rhythm('kubeconfig')).stdout).toBe(readFileSync(one.kubeconfig, 'utf8'));
});

test.each(['scheduler', 'dns', 'controller-manager', 'proxy', 'kubelet', 'containerd', 'apiserver', 'store'])('a killed %s is started again, and no container stops', async (name) => {
  const before = one.pid(name);
  process.kill(before, 'SIGKILL');
  await eventually(async () => one.pid(name) !== before && alive(one.pid(name)), `${name} runs again`);
  await eventually(async () => (await answers(one)).length === 3, 'the Service answers');
  await eventually(() => whole(one), `the cluster is whole without the ${name} that was killed`);
});

test('a killed supervisor stops nothing, and the next up adopts what runs', async () => {
  const before = parts.map((name) => one.pid(name));
  process.kill(one.pid('rhythm'), 'SIGKILL');
  await eventually(async () => (await one.rhythm('status')).stdout.includes('stopped'), 'the supervisor is gone');
  expect(parts.filter((_name, n) => !alive(before[n] ?? 0))).toEqual([]);
  const again = await upCluster(one.dir);
  expect(parts.map((name) => one.pid(name))).toEqual(before);
  expect(alive(one.pid('rhythm'))).toBe(true);
  expect(again.output).toContain('was running');
  const [created] = (await one.kubectl('get', 'pods', '-l', 'app=hello', '-o', 'jsonpath={.items[*].status.containerStatuses[*].restartCount}')).split(' ');
  expect(created).toBe('0');
});

test('down, then up: every object is there, and the containers work again', async () => {
  await one.kubectl('create', 'configmap', 'kept', '--from-literal=key=value');
  await one.kubectl('label', 'deployment', 'hello', 'kept=yes');
  const before = await one.kubectl('get', 'deployments,services,configmaps,secrets,serviceaccounts,roles,clusterroles', '-A', '-o', 'jsonpath={range .items[*]}{.kind}/{.metadata.namespace}/{.metadata.name}/{.metadata.uid}{"\\n"}{end}');
  expect((await one.rhythm('down')).code).toBe(0);
  expect((await answers(two)).length).toBe(3);
  await upCluster(one.dir);
  const after = await one.kubectl('get', 'deployments,services,configmaps,secrets,serviceaccounts,roles,clusterroles', '-A', '-o', 'jsonpath={range .items[*]}{.kind}/{.metadata.namespace}/{.metadata.name}/{.metadata.uid}{"\\n"}{end}');
  expect(after.split('\n').toSorted()).toEqual(before.split('\n').toSorted());
  expect(await one.kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.data.key}')).toBe('value');
  await eventually(async () => (await answers(one)).length === 3, 'the Service answers');
});

test('a second up on the same folder refuses while the first works, or finds it done', async () => {
  const dir = folder();
  const [first, second] = await Promise.all([1, 2].map(() => exec(rhythm, ['up', '--dir', dir, '--detach', '--bare', '--port', '0'])));
  const refused = [first, second].filter((output) => output?.code !== 0);
  for (const output of refused) expect(output?.stderr).toMatch(/^rhythm: another rhythm command works on /);
  expect(refused.length).toBeLessThan(2);
  expect((await exec(rhythm, ['status', '--dir', dir])).code).toBe(0);
});

test('in the foreground Ctrl-C means down', async () => {
  const dir = folder();
  const child = spawn(rhythm, ['up', '--dir', dir, '--bare', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => (shown += String(chunk)));
  await eventually(async () => shown.includes('The cluster is up'), 'the cluster is up');
  const pid = Number(readFileSync(join(dir, 'run/store.pid'), 'utf8'));
  expect(await end(child, 'SIGINT')).toBe(0);
  expect(alive(pid)).toBe(false);
  expect(existsSync(join(dir, 'run/store.pid'))).toBe(false);
});

test('in the foreground it ends when the cluster is stopped from another terminal', async () => {
  const dir = folder();
  const child = spawn(rhythm, ['up', '--dir', dir, '--bare', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => (shown += String(chunk)));
  const ended = new Promise<number | null>((done) => child.once('exit', done));
  await eventually(async () => shown.includes('The cluster is up'), 'the cluster is up');
  expect((await exec(rhythm, ['down', '--dir', dir])).code).toBe(0);
  expect(await ended).toBe(0);
  expect(shown).toContain('The cluster was stopped.');
});

test('after down --purge of all of them nothing is left', async () => {
  for (const dir of dirs) {
    const output = await exec(rhythm, ['down', '--dir', dir, '--purge']);
    expect([output.stderr, output.code]).toEqual(['', 0]);
    expect(existsSync(dir)).toBe(false);
  }
  // Lines with a minus are what others had at the snapshot and have no more. What stays is ours; what is gone at the next look was somebody's work.
  let left: string[] = [];
  await eventually(async () => (left = (await residueNow()).filter((line) => line.startsWith('+'))).length === 0, () => `left on the machine: ${left.join('\n')}`);
});
