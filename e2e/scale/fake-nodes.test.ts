import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cluster, clusterFolder, eventually, exec, ok, purgeCluster, rhythm, upCluster } from '../support/cluster.ts';

/** A cluster of fake nodes, small: the whole size is `bench/scale.ts`. */
const nodes = 20;
const pods = 200;
const dir = clusterFolder();
let cluster: Cluster;

interface List<T> {
  readonly items: readonly T[];
}
interface Pod {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly podIP?: string; readonly phase?: string };
}

const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: many}
spec:
  replicas: ${pods}
  selector: {matchLabels: {app: many}}
  template:
    metadata: {labels: {app: many}}
    spec:
      initContainers: [{name: first, image: none}]
      containers: [{name: main, image: none, readinessProbe: {httpGet: {path: /, port: 80}}, resources: {requests: {cpu: 100m, memory: 64Mi}}}]
---
apiVersion: v1
kind: Service
metadata: {name: many}
spec: {selector: {app: many}, ports: [{port: 80}]}
`;

beforeAll(async () => {
  ({ cluster } = await upCluster(dir, '--bare', '--fake-nodes', String(nodes)));
});
afterAll(() => purgeCluster(dir));

test(`${pods} pods are Ready on all fake nodes, each with an address of its own`, async () => {
  await cluster.apply(manifest);
  await cluster.kubectl('rollout', 'status', 'deployment/many', '--timeout=120s');
  const { items } = await cluster.json<List<Pod>>('get', 'pods');
  expect(items).toHaveLength(pods);
  expect(new Set(items.map(({ spec }) => spec.nodeName)).size).toBe(nodes);
  expect(new Set(items.map(({ status }) => status.podIP)).size).toBe(pods);
  const addresses = (): Promise<number> => cluster.json<List<{ endpoints?: unknown[] }>>('get', 'endpointslices', '-l', 'kubernetes.io/service-name=many').then(({ items: slices }) => slices.flatMap(({ endpoints }) => endpoints ?? []).length);
  await eventually(async () => (await addresses()) === pods, 'every pod is an endpoint of the Service');
});

test('a node says what it is, and nobody is told that he could reach its pods', async () => {
  expect(await cluster.kubectl('get', 'node', 'fake-7', '-o', 'jsonpath={.status.nodeInfo.containerRuntimeVersion} {.status.allocatable.cpu} {.status.allocatable.memory} {.spec.podCIDR}')).toBe('fake://1.0.0 32 256Gi 100.64.7.0/24');
  expect((await cluster.tryKubectl('logs', 'deployment/many')).stderr).toContain('there are no logs: the pod is on a fake node');
  expect((await cluster.tryKubectl('exec', 'deployment/many', '--', 'true')).stderr).toContain('no command can run: the pod is on a fake node');
});

test('the identity of the fake nodes can do what they need and no more', async () => {
  const can = async (...what: string[]): Promise<string> => (await cluster.tryKubectl('auth', 'can-i', ...what, '--as', 'system:fake-kubelet')).stdout.trim();
  expect(await can('patch', 'pods', '--subresource=status')).toBe('yes');
  expect(await can('update', 'leases', '-n', 'kube-node-lease')).toBe('yes');
  for (const refused of [['get', 'secrets'], ['get', 'configmaps'], ['create', 'pods'], ['patch', 'pods'], ['update', 'leases', '-n', 'kube-system'], ['delete', 'nodes']]) expect([refused, await can(...refused)]).toEqual([refused, 'no']);
});

test('when their process is killed the pods stay as they are, and the next one goes on', async () => {
  const states = async (): Promise<string> => cluster.kubectl('get', 'pods', '-o', 'jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[0].restartCount} {.status.podIP}{"\\n"}{end}');
  const before = await states();
  const pid = cluster.pid('kubelet');
  process.kill(pid, 'SIGKILL');
  await eventually(() => Promise.resolve(aliveOtherThan(pid)), 'another process is there');
  await cluster.kubectl('run', 'later', '--image=none');
  await cluster.kubectl('wait', 'pod/later', '--for=condition=Ready', '--timeout=120s');
  await cluster.kubectl('delete', 'pod', 'later');
  expect(await states()).toBe(before);
});

test('all go at once when they are not wanted, whatever their grace', async () => {
  await cluster.kubectl('scale', 'deployment/many', '--replicas=0');
  await eventually(async () => (await cluster.json<List<Pod>>('get', 'pods')).items.length === 0, 'no pod is left');
});

test('what cannot be is refused before anything is started', async () => {
  const refused = async (...args: string[]): Promise<string> => (await exec(rhythm, ['up', '--dir', dir, ...args])).stderr;
  expect(await refused('--fake-nodes', '3')).toContain('give --bare too');
  expect(await refused('--bare', '--fake-nodes', '0')).toContain('give a number from 1 to 5000');
  expect(await refused('--bare', '--fake-nodes', '21')).toContain('stop it with ./rhythm down first');
});

test('it needs no rights on the machine', async () => {
  const own = clusterFolder();
  // Nobody in all but name: files of its own, and not one capability. Another user might not be allowed to read the repository.
  const bare = (...args: string[]): Promise<string> => ok('setpriv', ['--bounding-set=-all', '--inh-caps=-all', '--no-new-privs', rhythm, ...args]);
  try {
    await bare('up', '--dir', own, '--detach', '--bare', '--port', '0', '--fake-nodes', '2');
    expect(readFileSync(`/proc/${new Cluster(own).pid('kubelet')}/status`, 'utf8')).toMatch(/^CapEff:\s+0+$/m);
    expect(await bare('status', '--dir', own)).toContain('nodes: 2 (2 Ready)');
  } finally {
    await bare('down', '--dir', own, '--purge');
    await purgeCluster(own);
  }
});

function aliveOtherThan(pid: number): boolean {
  const now = cluster.pid('kubelet');
  if (now === pid) return false;
  readFileSync(`/proc/${now}/stat`);
  return true;
}
