/**
 * Seconds from `scale` until every replica of a Deployment is Ready on fake nodes, and until all are gone again; CPU and memory of each
 * process. Starts a cluster of its own (`rhythm up --bare --fake-nodes`), which needs no root, and takes it away.
 * Usage (node 24: node_modules/.bin/node): node bench/scale.ts [pods, default 1000] [nodes, default 100]
 * Profiles: NODE_OPTIONS='--cpu-prof --cpu-prof-dir=FOLDER' node bench/scale.ts
 * Ends with 1 when the limits of `limits` are not kept.
 */
import { readFileSync } from 'node:fs';
import { startCluster, type Cluster } from './lib/cluster.ts';
import { cpuOf, sleep } from './lib/measure.ts';

const pods = Number(process.argv[2] ?? 1_000);
const nodes = Number(process.argv[3] ?? 100);
/** For 1,000 pods on 100 nodes (issue: everyday kubectl); more pods may take proportionally longer. */
const limits = { readyMs: 60_000 * Math.max(1, pods / 1_000), nodesShare: 0.9 };
const apps = ['store', 'apiserver', 'scheduler', 'controller-manager', 'kubelet'] as const;
const pollMs = 100;
const idleMs = 20_000;

interface Usage {
  readonly cpuMs: number;
  readonly rssMb: number;
  readonly pssMb: number;
}

/** What a process has used; memory of smaps_rollup, proc(5). */
function usage(pid: number): Usage {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const mb = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0) / 1024;
  return { cpuMs: cpuOf([pid]) / 1000, rssMb: mb('Rss'), pssMb: mb('Pss') };
}

interface PodList {
  readonly items: ReadonlyArray<{ readonly spec: { readonly nodeName?: string } }>;
}

async function measure({ upMs, pid, call }: Pick<Cluster, 'upMs' | 'pid' | 'call'>): Promise<boolean> {
  const usages = (): Record<string, Usage> => Object.fromEntries(apps.map((app) => [app, usage(pid(app))]));
  const deployments = '/apis/apps/v1/namespaces/default/deployments';
  const labels = { app: 'scale' };
  const container = { name: 'main', image: 'nothing', resources: { requests: { cpu: '100m', memory: '64Mi' } } };
  await call('POST', deployments, { metadata: { name: 'scale' }, spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [container] } } } });
  await call('POST', '/api/v1/namespaces/default/services', { metadata: { name: 'scale' }, spec: { selector: labels, ports: [{ port: 80 }] } });

  interface Deployment {
    readonly status?: { readonly readyReplicas?: number; readonly replicas?: number };
  }
  const until = async (holds: (status: NonNullable<Deployment['status']>) => boolean): Promise<void> => {
    while (!holds((await call<Deployment>('GET', `${deployments}/scale`)).status ?? {})) await sleep(pollMs);
  };
  const scale = (replicas: number): Promise<unknown> => call('PATCH', `${deployments}/scale/scale`, { spec: { replicas } });
  const listed = (query = ''): Promise<PodList> => call<PodList>('GET', `/api/v1/namespaces/default/pods${query}`);
  await until(({ readyReplicas }) => readyReplicas === 1);

  console.log(`up to ${nodes} Ready nodes: ${(upMs / 1000).toFixed(1)} s`);
  const before = usages();
  const scaled = performance.now();
  await scale(pods);
  await until(({ readyReplicas }) => readyReplicas === pods);
  const readyMs = performance.now() - scaled;
  const busy = usages();
  const list = await listed();
  const used = new Set(list.items.map(({ spec }) => spec.nodeName)).size;
  await sleep(pollMs * 50);
  const quiet = usages();
  await sleep(idleMs);
  const idle = usages();
  const deleted = performance.now();
  await scale(0);
  while ((await listed('?limit=1')).items.length > 0) await sleep(pollMs);
  const goneMs = performance.now() - deleted;

  console.log(`${pods} pods Ready: ${(readyMs / 1000).toFixed(1)} s, ${((pods - 1) / (readyMs / 1000)).toFixed(0)} pods/s, on ${used} nodes; gone again: ${(goneMs / 1000).toFixed(1)} s\n`);
  const row = (cells: ReadonlyArray<string | number>): void => console.log(cells.map((cell, at) => (at === 0 ? String(cell).padEnd(20) : String(cell).padStart(14))).join(''));
  row(['process', 'CPU s', 'ms CPU/pod', 'idle CPU %', 'RSS MB empty', 'RSS MB full', 'PSS MB full']);
  const delta = (app: string, from: Record<string, Usage>, till: Record<string, Usage>): number => (till[app]?.cpuMs ?? 0) - (from[app]?.cpuMs ?? 0);
  for (const app of apps) {
    const cpuMs = delta(app, before, busy);
    const memory = [before[app]?.rssMb, busy[app]?.rssMb, busy[app]?.pssMb].map((mb) => (mb ?? 0).toFixed(0));
    row([app, (cpuMs / 1000).toFixed(2), (cpuMs / pods).toFixed(2), ((delta(app, quiet, idle) / idleMs) * 100).toFixed(1), ...memory]);
  }
  const kept = readyMs <= limits.readyMs && used >= Math.min(pods, nodes * limits.nodesShare) && list.items.length === pods;
  console.log(`\nlimits: Ready within ${limits.readyMs / 1000} s on ${nodes * limits.nodesShare} nodes: ${kept ? 'kept' : 'NOT KEPT'}`);
  return kept;
}

const cluster = await startCluster(['--bare', '--fake-nodes', String(nodes)]);
try {
  if (!(await measure(cluster))) process.exitCode = 1;
} finally {
  await cluster.end();
}
