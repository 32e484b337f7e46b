/**
 * Requests of the Kubernetes API over HTTPS, of pods of 1.5 KB: create, get, list, patch, watch; CPU of apiserver and store per request. Next to them the limits of the same
 * run: a bare HTTPS server of Node with the same bytes, and the bare transaction of the store. Starts a cluster of its own with one fake node.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLog, systemClock, systemRandom } from '@rhythm/base';
import { helpText, parseFlags } from '@rhythm/config';
import { etcdStore } from '@rhythm/store-client';
import { adminOf, startCluster } from './lib/cluster.ts';
import { closedLoop, cpuOf, sleep, type Sample } from './lib/measure.ts';
import { freePort, node, startProcess } from './lib/processes.ts';
import { printTable, show } from './lib/table.ts';

const flags = {
  seconds: { type: 'number', help: 'seconds for each row', default: 3 },
  pods: { type: 'number', help: 'pods that a list has', default: 1_000 },
  watchers: { type: 'number', help: 'watches that each change is told to', default: 100 },
} as const;
const path = '/api/v1/namespaces/default/pods';
const changes = 100;

if (process.argv.includes('--help')) {
  console.log(`api: requests over HTTPS\n\n${helpText(flags)}`);
  process.exit(0);
}
const { seconds, pods, watchers } = parseFlags(flags, process.argv.slice(2));
const cluster = await startCluster(['--bare', '--fake-nodes', '1']);
const [apiserver, store] = [cluster.pid('apiserver'), cluster.pid('store')];
const both = [apiserver, store];
const rows: string[][] = [];
const add = (name: string, { operations, seconds: took, p50, p99, cpu }: Sample): number => rows.push([name, show(operations / took), show(p50), show(p99), show(cpu)]);
// Nobody binds them: what is measured is the API.
const podOf = (name: string): object => ({
  metadata: { name, labels: { app: 'bench' }, annotations: { filler: 'x'.repeat(1_000) } },
  spec: { schedulerName: 'nobody', containers: [{ name: 'main', image: 'nothing', resources: { requests: { cpu: '100m', memory: '64Mi' } } }] },
});

/** The rows of the API itself. */
async function measureApi(): Promise<void> {
  const { call } = cluster;
  let next = 0;
  const some = (): string => `${path}/p${Math.floor(Math.random() * Math.min(next, pods))}`;
  const create = (): Promise<unknown> => call('POST', path, podOf(`p${next++}`));
  while (next < pods) await Promise.all(Array.from({ length: 16 }, create));
  const loop = async (name: string, inFlight: number, one: (slot: number) => Promise<unknown>): Promise<unknown> => add(`${name}, ${inFlight}`, await closedLoop({ inFlight, seconds, pids: both, one }));
  for (const inFlight of [1, 32]) {
    await loop('get', inFlight, () => call('GET', some()));
    await loop('patch (merge)', inFlight, () => call('PATCH', some(), { metadata: { labels: { turn: String(Math.random()) } } }));
  }
  await loop(`list of ${next} pods`, 1, () => call('GET', path));
  await measureWatch(some);
  for (const inFlight of [1, 32]) await loop('create', inFlight, create);
}

/** Deliveries of changes to many watches. */
async function measureWatch(some: () => string): Promise<void> {
  let seen = 0;
  const watches = await Promise.all(Array.from({ length: watchers }, () => cluster.watch(`${path}?watch=1`, ({ type }) => (seen += type === 'MODIFIED' ? 1 : 0))));
  // They begin with what there is; then it is quiet.
  await sleep(2_000);
  seen = 0;
  const cpu = cpuOf(both);
  const began = performance.now();
  for (let at = 0; at < changes; at++) await cluster.call('PATCH', some(), { metadata: { labels: { turn: `w${at}` } } });
  while (seen < changes * watchers) await sleep(5);
  const took = (performance.now() - began) / 1000;
  add(`watch: a change told to ${watchers}, for each`, { operations: seen, seconds: took, p50: Number.NaN, p99: Number.NaN, cpu: (cpuOf(both) - cpu) / seen });
  for (const watch of watches) watch.end();
}

/** The same bytes from a server that does nothing, and one transaction of the store. */
async function measureLimits(): Promise<void> {
  const body = join(cluster.dir, 'answer.json');
  writeFileSync(body, JSON.stringify(await cluster.call('GET', `${path}/p0`)));
  const port = await freePort();
  const bare = await startProcess(node, [join(import.meta.dirname, 'lib/bare-https.ts'), String(port), join(cluster.dir, 'pki'), body], '/dev/null');
  const { call } = adminOf(cluster.dir, port);
  for (let attempt = 0; ; attempt++) {
    const failure = await call('GET', '/').then(() => undefined, (error: unknown) => error);
    if (failure === undefined) break;
    if (attempt > 200) throw failure;
    await sleep(25);
  }
  for (const inFlight of [1, 32]) add(`limit: bare HTTPS, ${inFlight}`, await closedLoop({ inFlight, seconds, pids: [bare.pid], one: () => call('GET', '/') }));
  await bare.end();
  const pem = (name: string): Buffer => readFileSync(join(cluster.dir, 'pki', name));
  const { ports } = JSON.parse(readFileSync(join(cluster.dir, 'config.json'), 'utf8')) as { ports: { store: number } };
  const tls = { ca: pem('store-ca.crt'), cert: pem('store-client.crt'), key: pem('store-client.key') };
  const client = await etcdStore({ endpoints: [`127.0.0.1:${ports.store}`], tls, clock: systemClock, random: systemRandom, log: silentLog });
  const known = new Map<string, number>();
  const value = readFileSync(body);
  for (const inFlight of [1, 32]) {
    const one = async (slot: number): Promise<void> => {
      const key = `/bench/${slot}`;
      known.set(key, (await client.txn([{ key, modRevision: known.get(key) ?? 0 }], [{ kind: 'put', key, value }])).revision);
    };
    add(`limit: transaction of the store, ${inFlight}`, await closedLoop({ inFlight, seconds, pids: [store], one }));
  }
  await client.close();
}

try {
  await measureApi();
  await measureLimits();
  printTable(['request', 'per second', 'p50 ms', 'p99 ms', 'CPU µs'], rows);
} finally {
  await cluster.end();
}
process.exit(0);
