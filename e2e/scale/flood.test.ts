import { Agent, request } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cluster, clusterFolder, eventually, purgeCluster, upCluster } from '../support/cluster.ts';

/** One account that asks for far more than there is, next to everybody else. */
const connections = 200;
const objects = 500;
const configMaps = '/api/v1/namespaces/default/configmaps';
const dir = clusterFolder();
let cluster: Cluster;
let server: URL;
let ca: string;

beforeAll(async () => {
  ({ cluster } = await upCluster(dir, '--bare', '--fake-nodes', '3'));
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  server = new URL(config.getCurrentCluster()?.server ?? '');
  ca = Buffer.from(config.getCurrentCluster()?.caData ?? '', 'base64').toString();
  await cluster.kubectl('create', 'clusterrolebinding', 'accounts', '--clusterrole=edit', '--group=system:serviceaccounts:default');
});
afterAll(() => purgeCluster(dir));

type Ask = (method: string, path: string, body?: object) => Promise<{ readonly code: number; readonly ms: number }>;

/** Requests of an account, over so many connections at the most. */
async function account(name: string, maxSockets: number): Promise<{ readonly ask: Ask; end(): void }> {
  await cluster.kubectl('create', 'serviceaccount', name);
  const token = (await cluster.kubectl('create', 'token', name)).trim();
  const agent = new Agent({ keepAlive: true, maxSockets, ca });
  const ask: Ask = (method, path, body) =>
    new Promise((resolve, reject) => {
      const from = performance.now();
      const asked = request({ host: server.hostname, port: server.port, agent, method, path, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } }, (answer) => {
        answer.resume();
        answer.once('end', () => resolve({ code: answer.statusCode ?? 0, ms: performance.now() - from }));
        answer.once('error', reject);
      });
      asked.once('error', reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  return { ask, end: () => agent.destroy() };
}

interface Lease {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly spec: { readonly holderIdentity: string; readonly leaseTransitions?: number; readonly renewTime: string };
}

async function leases(): Promise<ReadonlyMap<string, Lease['spec']>> {
  const { items } = await cluster.json<{ items: readonly Lease[] }>('get', 'leases', '-A');
  return new Map(items.map(({ metadata, spec }) => [`${metadata.namespace}/${metadata.name}`, spec]));
}

/** Since when each node is Ready. */
const readySince = (): Promise<string> => cluster.kubectl('get', 'nodes', '-o', 'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].lastTransitionTime}{"\\n"}{end}');

function quantile(sorted: readonly number[], share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0);
}

test(`while one account floods the server over ${connections} connections, others are answered, nodes stay Ready and no lease is lost`, async () => {
  const [flooder, calm] = [await account('flooder', connections), await account('calm', 2)];
  const data = { value: 'x'.repeat(1_000) };
  await Promise.all(Array.from({ length: objects }, (_, at) => flooder.ask('POST', configMaps, { metadata: { name: `object-${at}` }, data })));
  const [before, ready] = [await leases(), await readySince()];
  expect([...before.keys()].map((key) => key.split('/')[1])).toEqual(expect.arrayContaining(['fake-0', 'fake-1', 'fake-2', 'kube-controller-manager', 'kube-scheduler']));

  const codes = new Map<number, number>();
  let isOver = false;
  const flood = Array.from({ length: connections }, async (_, at) => {
    for (let n = at; !isOver; n++) {
      // Changes and no new objects: lists would grow as fast as the machine is, and the flood with them.
      const name = `object-${n % objects}`;
      const { code } = await (at % 2 === 0 ? flooder.ask('GET', configMaps) : flooder.ask('PUT', `${configMaps}/${name}`, { metadata: { name }, data: { value: String(n).padEnd(1_000, 'x') } }));
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  });
  const answers: { code: number; ms: number }[] = [];
  const others = (async () => {
    while (!isOver) answers.push(await calm.ask('GET', `${configMaps}/object-1`));
  })();
  // Long enough for everybody who holds a lease to have to renew it in the middle of it.
  await eventually(async () => {
    const now = await leases();
    return [...before].every(([key, { renewTime }]) => renewTime < (now.get(key)?.renewTime ?? ''));
  }, 'every lease is renewed during the flood');
  isOver = true;
  await Promise.all([...flood, others]);
  for (const side of [flooder, calm]) side.end();

  const times = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  process.stdout.write(`flood: ${[...codes].map(([code, count]) => `${count} times ${code}`).join(', ')}; the other account: ${times.length} gets, p50 ${quantile(times, 0.5)} ms, p99 ${quantile(times, 0.99)} ms\n`);
  expect(new Set(answers.map(({ code }) => code))).toEqual(new Set([200]));
  expect([...codes.keys()].filter((code) => code >= 500 || code === 0)).toEqual([]);
  const after = await leases();
  const held = (spec: Lease['spec'] | undefined): unknown[] => [spec?.holderIdentity, spec?.leaseTransitions];
  expect([...before.keys()].map((key) => [key, ...held(after.get(key))])).toEqual([...before].map(([key, spec]) => [key, ...held(spec)]));
  expect(await readySince()).toBe(ready);
  // Heartbeats have places of their own.
  const metrics = await cluster.kubectl('get', '--raw', '/metrics');
  expect(metrics).toMatch(/apiserver_flowcontrol_dispatched_requests_total\{priority_level="node-high",flow_schema="rhythm-fake-node-high"\} [1-9]/);
  expect(metrics).toMatch(/apiserver_flowcontrol_dispatched_requests_total\{priority_level="leader-election",flow_schema="system-leader-election"\} [1-9]/);
});
