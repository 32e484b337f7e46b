/**
 * Milliseconds from creating a pod to Ready, against the bare CRI sequence on the same containerd with the same image and spec. The sequence is
 * RunPodSandbox, CreateContainer, StartContainer; the two take turns, 1 and 10 pods at a time. Starts a cluster of its own; needs root.
 */
import { rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@rhythm/base';
import { criRuntime, type ContainerConfig, type Runtime, type SandboxConfig } from '@rhythm/cri';
import { helpText, parseFlags } from '@rhythm/config';
import { startCluster, type Cluster } from './lib/cluster.ts';
import { cpuOf, percentile } from './lib/measure.ts';
import { printTable, show } from './lib/table.ts';

const flags = {
  rounds: { type: 'number', help: 'rounds; in each one batch of every kind', default: 10 },
} as const;
const image = 'rhythm.local/hello:v1';
const command = ['/bin/sleep', 'infinity'];
const namespace = '/api/v1/namespaces/default/pods';
const controllers = ['memory', 'cpu', 'pids', 'cpuset', 'devices', 'freezer', 'blkio', 'hugetlb', 'net_cls', 'net_prio', 'perf_event', 'systemd', 'cpuacct', 'rdma', 'misc', 'unified'];
const apps = ['store', 'apiserver', 'scheduler', 'controller-manager', 'kubelet'] as const;

interface Measured {
  readonly latencies: number[];
  /** Of whole batches. */
  readonly batches: number[];
  /** Microseconds of our processes, and of containerd. */
  cpu: number;
  containerdCpu: number;
}

/** Through the API: from before the create is sent until the watch says Ready. */
async function throughApi(cluster: Cluster, names: readonly string[], latencies: number[]): Promise<void> {
  const left = new Set(names);
  const created = new Map<string, number>();
  const all = Promise.withResolvers<void>();
  const watch = await cluster.watch(`${namespace}?watch=1&resourceVersion=0`, ({ object }) => {
    const isReady = object.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
    if (!isReady || !left.delete(object.metadata.name)) return;
    latencies.push(performance.now() - (created.get(object.metadata.name) ?? 0));
    if (left.size === 0) all.resolve();
  });
  const spec = { automountServiceAccountToken: false, terminationGracePeriodSeconds: 0, containers: [{ name: 'main', image, imagePullPolicy: 'IfNotPresent', command }] };
  await Promise.all(
    names.map(async (name) => {
      created.set(name, performance.now());
      await cluster.call('POST', namespace, { metadata: { name }, spec });
    }),
  );
  await all.promise;
  watch.end();
}

async function removePods(cluster: Cluster, names: readonly string[]): Promise<void> {
  for (const name of names) await cluster.call('DELETE', `${namespace}/${name}?gracePeriodSeconds=0`);
  while ((await cluster.call<{ items: unknown[] }>('GET', namespace)).items.length > 0) await systemClock.sleep(50);
}

/** The same by hand, as a client of containerd without any Kubernetes would. */
async function bare(runtime: Runtime, cluster: Cluster, names: readonly string[], latencies: number[]): Promise<readonly string[]> {
  return Promise.all(
    names.map(async (name) => {
      const began = performance.now();
      const sandbox = sandboxOf(name, cluster);
      const id = await runtime.runSandbox(sandbox);
      await runtime.startContainer(await runtime.createContainer(id, container, sandbox));
      latencies.push(performance.now() - began);
      return id;
    }),
  );
}

async function removeBare(runtime: Runtime, cluster: Cluster, ids: readonly string[], names: readonly string[]): Promise<void> {
  for (const id of ids) {
    await runtime.stopSandbox(id);
    await runtime.removeSandbox(id);
  }
  // runc leaves the parent's cgroup behind; the kubelet removes those of pods.
  for (const path of names.flatMap((name) => controllers.map((controller) => join('/sys/fs/cgroup', controller, cgroupOf(name, cluster))))) {
    try {
      rmdirSync(path);
    } catch {
      // Not a hierarchy of this machine.
    }
  }
}

const cgroupOf = (name: string, { id }: Cluster): string => `/rhythm-${id}/bench-${name}`;

function sandboxOf(name: string, cluster: Cluster): SandboxConfig {
  return {
    name,
    namespace: 'default',
    uid: `uid-${name}`,
    attempt: 0,
    hostname: name,
    logDirectory: join(cluster.dir, 'logs/bench', name),
    portMappings: [],
    labels: {},
    annotations: {},
    cgroupParent: cgroupOf(name, cluster),
    namespaces: { network: 'pod', pid: 'container', ipc: 'pod' },
    privileged: false,
    supplementalGroups: [],
    seccomp: { type: 'runtime-default' },
    sysctls: {},
  };
}

const container: ContainerConfig = {
  name: 'main',
  attempt: 0,
  image,
  command,
  args: [],
  workingDir: '',
  env: [],
  mounts: [],
  labels: {},
  annotations: {},
  logPath: 'main.log',
  stdin: false,
  stdinOnce: false,
  tty: false,
  resources: { cpuShares: 2, cpuQuota: 0, cpuPeriod: 0, memoryLimitBytes: 0, oomScoreAdj: 1000 },
  security: {
    privileged: false,
    readonlyRootfs: false,
    noNewPrivileges: false,
    addCapabilities: [],
    dropCapabilities: [],
    supplementalGroups: [],
    seccomp: { type: 'unconfined' },
    unmaskedProc: false,
  },
  namespaces: { network: 'pod', pid: 'container', ipc: 'pod' },
};

async function measure(cluster: Cluster, runtime: Runtime, rounds: number, atOnce: number): Promise<readonly [Measured, Measured]> {
  const fresh = (): Measured => ({ latencies: [], batches: [], cpu: 0, containerdCpu: 0 });
  const results = [fresh(), fresh()] as const;
  const ours = apps.map((app) => cluster.pid(app));
  const containerd = [cluster.pid('containerd')];
  for (let round = 0; round <= rounds; round++) {
    const names = Array.from({ length: atOnce }, (_, at) => `p${atOnce}-${round}-${at}`);
    for (const [at, result] of results.entries()) {
      // The first round warms up.
      const into = round === 0 ? fresh() : result;
      const [cpu, containerdCpu, began] = [cpuOf(ours), cpuOf(containerd), performance.now()];
      const bareNames = names.map((name) => `bare-${name}`);
      const ids = at === 0 ? await throughApi(cluster, names, into.latencies) : await bare(runtime, cluster, bareNames, into.latencies);
      into.batches.push(performance.now() - began);
      into.cpu += cpuOf(ours) - cpu;
      into.containerdCpu += cpuOf(containerd) - containerdCpu;
      await (ids === undefined ? removePods(cluster, names) : removeBare(runtime, cluster, ids, bareNames));
    }
  }
  return results;
}

if (process.argv.includes('--help')) {
  console.log(`pod-start: create to Ready against bare CRI\n\n${helpText(flags)}`);
  process.exit(0);
}
const { rounds } = parseFlags(flags, process.argv.slice(2));
const cluster = await startCluster(['--bare']);
const runtime = criRuntime(`/run/rhythm-${cluster.id}/containerd.sock`, systemClock);
try {
  const rows: string[][] = [];
  for (const atOnce of [1, 10]) {
    const [api, bareOnes] = await measure(cluster, runtime, rounds, atOnce);
    for (const [name, { latencies, batches, cpu, containerdCpu }, isOurs] of [['create to Ready', api, true], ['bare CRI sequence', bareOnes, false]] as const) {
      const perSecond = (atOnce * 1000) / percentile(batches, 0.5);
      const ms = (total: number): string => show(total / 1000 / latencies.length);
      const over = isOurs ? show(percentile(latencies, 0.5) - percentile(bareOnes.latencies, 0.5)) : '-';
      rows.push([`${name}, ${atOnce} at a time`, show(percentile(latencies, 0.5)), show(percentile(latencies, 0.99)), over, show(perSecond), isOurs ? ms(cpu) : '-', ms(containerdCpu)]);
    }
  }
  printTable(['what', 'p50 ms', 'p99 ms', 'above bare, ms', 'pods/s', 'our CPU ms/pod', 'containerd CPU ms/pod'], rows);
} finally {
  runtime.close();
  await cluster.end();
}
process.exit(0);
