import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { causeChain } from '@rhythm/base';
import { abortableClock } from '../abortable-clock.ts';
import { findConfig, readConfig, resolveDirectory, type ClusterConfig } from '../config/cluster-config.ts';
import type { Wishes } from '../cluster/choose-config.ts';
import { waitFakeNodesReady } from '../cluster/fake-nodes.ts';
import { ensureNodeRole } from '../cluster/node-role.ts';
import { startCluster, startSupervisor, waitNodeReady, type StartPorts } from '../cluster/start-cluster.ts';
import { stopCluster } from '../cluster/stop-cluster.ts';
import { adoptLost, supervisorName } from '../cluster/supervised.ts';
import { sayHello } from '../hello/hello.ts';
import { cgroupProcesses } from '../host/cgroups.ts';
import { lockFile } from '../host/file-lock.ts';
import { installPackages, missingPackages } from '../host/packages.ts';
import { checkCgroups, checkDisk, checkRights } from '../host/preflight.ts';
import { clusterPaths } from '../paths.ts';
import { appNames, appSpecs } from '../processes/app-specs.ts';
import { ensureSecretsEncryption } from '../secrets/ensure-encryption.ts';
import { readPidFile } from '../processes/pid-file.ts';

export interface UpOptions extends Wishes {
  readonly dir: string;
  readonly detach: boolean;
  readonly bare: boolean;
  readonly secretsEncryption: boolean;
}

/** How often the foreground looks after the supervisor. */
const watchMs = 2_000;

/** Brings a cluster up, and unless detached stays until `interrupt`, which means `down`. */
export async function up(options: UpOptions, ports: StartPorts, interrupt: AbortSignal): Promise<void> {
  const { progress, clock } = ports;
  const fake = options.fakeNodes !== undefined || findConfig(options.dir)?.fakeNodes !== undefined;
  if (!fake) checkRights();
  else if (!options.bare) throw new Error('fake nodes run no containers, so nothing could say hello: give --bare too');
  const from = clock.monotonic();
  const dir = resolveDirectory(options.dir);
  const config = await withClusterLock(dir, async () => {
    const adopted = isAlive(dir);
    if (options.secretsEncryption) ensureSecretsEncryption(dir, adopted, ports.random);
    // Every wait of the start ends at an interrupt, and the start with it.
    try {
      const started = await start(dir, fake, options, { ...ports, clock: abortableClock(clock, interrupt) });
      if (interrupt.aborted) throw new Error('interrupted');
      return started;
    } catch (error) {
      // What this call has started goes again; what it found running stays.
      const config = readConfig(dir);
      if (config !== undefined && !adopted) await stopCluster(config, { ...ports, progress: quiet }).catch((second: unknown) => progress.say(`while cleaning up: ${causeChain(second)}`));
      throw error;
    }
  });
  progress.say(summary(config, (clock.monotonic() - from) / 1000, options.detach));
  if (options.detach) return;
  while (!interrupt.aborted) {
    await clock.sleep(watchMs, interrupt).catch(() => undefined);
    if (interrupt.aborted || readPidFile(clusterPaths(dir).run, supervisorName) !== undefined) continue;
    if (await restoreSupervisor(dir)) continue;
    progress.say('The cluster was stopped.');
    return;
  }
  progress.say('stopping');
  await withClusterLock(dir, () => stopCluster(config, ports));
}

/** Whether something of the cluster runs already: processes, or containers whose processes were all killed. */
function isAlive(dir: string): boolean {
  const config = readConfig(dir);
  if (config === undefined) return false;
  adoptLost(config);
  return appNames.some((name) => readPidFile(clusterPaths(dir).run, name) !== undefined) || cgroupProcesses(`rhythm-${config.id}`).size > 0;
}

async function start(dir: string, fake: boolean, options: UpOptions, ports: StartPorts): Promise<ClusterConfig> {
  const { progress } = ports;
  checkDisk(dir);
  if (fake) {
    const config = await startCluster(dir, options, ports);
    await progress.step('nodes are Ready', () => waitFakeNodesReady(config, ports.clock));
    return config;
  }
  checkCgroups();
  const missing = missingPackages();
  if (missing.length > 0) {
    progress.say(`installing Debian packages: ${missing.join(' ')}`);
    await progress.step('packages', () => installPackages(missing));
  }
  const config = await startCluster(dir, options, ports);
  const names = appSpecs(config).map(({ name }) => name);
  if (names.includes('apiserver') && names.includes('kubelet')) {
    await progress.step('node is Ready', () => waitNodeReady(config, ports));
    await ensureNodeRole(config, ports.clock);
  }
  if (!options.bare) await sayHello(config, ports);
  return config;
}

/** Starts the supervisor again; false when somebody has stopped the whole cluster from another terminal. */
async function restoreSupervisor(dir: string): Promise<boolean> {
  if (!existsSync(dir)) return false;
  const lock = await lockFile(clusterPaths(dir).lock, false);
  // Another command is at work on it: look again later.
  if (lock === undefined) return true;
  try {
    const config = readConfig(dir);
    if (config !== undefined) adoptLost(config);
    const running = appNames.some((name) => readPidFile(clusterPaths(dir).run, name) !== undefined);
    if (config !== undefined && running) await startSupervisor(config);
    return running;
  } finally {
    await lock.release();
  }
}

export async function withClusterLock<T>(dir: string, work: () => Promise<T>): Promise<T> {
  const lock = await lockFile(clusterPaths(dir).lock, false);
  if (lock === undefined) throw new Error(`another rhythm command works on ${dir}: wait until it is done`);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

const quiet: StartPorts['progress'] = { say: () => undefined, step: (_, work) => work(() => undefined) };

function summary(config: ClusterConfig, seconds: number, detached: boolean): string {
  const paths = clusterPaths(config.dir);
  return `
The cluster is up after ${seconds.toFixed(1)} s.
  API         https://127.0.0.1:${config.ports.api}  (gRPC on ${config.ports.api + 1})
  kubeconfig  ${paths.kubeconfig}
  logs        ${join(paths.logs, '*.log')}
Try: ./rhythm kubectl get pods -o wide
${detached ? 'Stop it with ./rhythm down' : 'Ctrl-C stops it.'}`;
}
