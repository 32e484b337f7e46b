import { causeChain } from '@rhythm/base';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { forbidForwarding } from '../host/forwarding.ts';
import { leaveHost, withHostLock } from '../host/host-state.ts';
import { cgroupProcesses, removeCgroup } from '../host/cgroups.ts';
import { unmountBelow } from '../host/mounts.ts';
import { removeBridge } from '../host/network.ts';
import { run } from '../host/run.ts';
import { clusterPaths, containerdSocket, runtimeDirectory } from '../paths.ts';
import { appNames } from '../processes/app-specs.ts';
import { signal, stopProcess, waitGone } from '../processes/launch.ts';
import { processId, type ProcessId } from '../processes/process-id.ts';
import { readPidFile } from '../processes/pid-file.ts';
import { startContainerd } from '../runtime/start-containerd.ts';
import { removeSandboxes } from '../runtime/sandboxes.ts';
import { bridgeName, type ClusterConfig } from '../config/cluster-config.ts';
import type { StartPorts } from './start-cluster.ts';
import { adoptLost, containerdOptions, supervisorName } from './supervised.ts';

const graceMs = 5_000;

/** Stops everything of a cluster and takes away every trace outside DIR; its data stays. */
export async function stopCluster(config: ClusterConfig, ports: StartPorts): Promise<void> {
  const { progress, clock } = ports;
  const folders = clusterPaths(config.dir);
  adoptLost(config);
  const stop = (name: string): Promise<void> => stopProcess(clock, folders, name, graceMs);
  await progress.step('supervisor', () => stop(supervisorName));
  // The kubelet first, or it would start again what is stopped below; the API server and its store last.
  await progress.step('node', async () => {
    await Promise.all(['kubelet', 'scheduler', 'controller-manager', 'proxy', 'dns'].map(stop));
  });
  const sandboxes = config.fakeNodes === undefined ? await progress.step('containers', (detail) => stopContainers(config, ports, detail)) : [];
  await progress.step('control plane', async () => {
    await stop('apiserver');
    await stop('store');
  });
  if (config.fakeNodes === undefined) await progress.step('traces', () => removeTraces(config, sandboxes));
  for (const name of appNames) rmSync(join(folders.run, `${name}.endpoint`), { force: true });
}

async function stopContainers(config: ClusterConfig, ports: StartPorts, detail: (text: string) => void): Promise<readonly string[]> {
  const folders = clusterPaths(config.dir);
  const cgroup = `rhythm-${config.id}`;
  if (config.runtimeEndpoint !== undefined) {
    try {
      const { ids, failure } = await removeSandboxes(config.runtimeEndpoint, cgroup, true, ports.clock);
      if (failure !== undefined) detail(`not all removed: ${causeChain(failure)}`);
      return ids;
    } catch (error) {
      // A runtime that is gone must not keep the rest from being stopped.
      detail(`not removed: ${(error as Error).message}`);
      return [];
    }
  }
  const socket = containerdSocket(config.id);
  let sandboxes: readonly string[] = [];
  const running = readPidFile(folders.run, 'containerd') !== undefined;
  // Shims outlive their containerd: one that was killed is started once more, so that it can end them in good order.
  if (running || existsSync(join(runtimeDirectory(config.id), 'containerd'))) {
    try {
      await startContainerd(ports.clock, folders, containerdOptions(config));
      const { ids, failure } = await removeSandboxes(socket, cgroup, false, ports.clock);
      sandboxes = ids;
      detail(failure === undefined ? `${ids.length} pods` : `${ids.length} pods, some by force: ${causeChain(failure)}`);
    } catch (error) {
      detail(`by force: ${(error as Error).message}`);
    }
  }
  await stopProcess(ports.clock, folders, 'containerd', graceMs);
  for (const id of [...shimsOf(socket), ...processesIn(cgroup)]) {
    signal(id, 'SIGKILL');
    await waitGone(ports.clock, id, graceMs);
  }
  return sandboxes;
}

/** Shims that are still there: those that name our socket. */
function shimsOf(socket: string): readonly ProcessId[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return (words[0] ?? '').includes('containerd-shim') && words.includes(socket);
      } catch {
        return false;
      }
    })
    .flatMap((pid) => processId(Number(pid)) ?? []);
}

function processesIn(cgroup: string): readonly ProcessId[] {
  return [...cgroupProcesses(cgroup)].flatMap((pid) => processId(pid) ?? []);
}

async function removeTraces(config: ClusterConfig, sandboxes: readonly string[]): Promise<void> {
  const paths = clusterPaths(config.dir);
  const runtime = runtimeDirectory(config.id);
  await unmountBelow(runtime);
  // Only what our processes mount; anything else below DIR is somebody's.
  for (const part of ['kubelet', 'containerd']) await unmountBelow(join(paths.data, part));
  await removeBridge(bridgeName(config.id));
  await removeTable(`rhythm_${config.id}`);
  await forbidForwarding(config.id);
  removeCgroup(`rhythm-${config.id}`);
  for (const id of sandboxes) rmSync(shimSocket(containerdSocket(config.id), id), { force: true });
  removeCniResults(`rhythm-${config.id}-`, sandboxes);
  rmSync(runtime, { recursive: true, force: true });
  // No pod is left, so no address is taken.
  rmSync(paths.cniData, { recursive: true, force: true });
  await withHostLock(() => leaveHost(config.id));
}

/** Where containerd's shim puts its socket, whatever containerd's own state folder is (runtime/v2/shim). */
export function shimSocket(containerdAddress: string, sandbox: string): string {
  return `/run/containerd/s/${createHash('sha256').update(join(containerdAddress, 'k8s.io', sandbox)).digest('hex')}`;
}

/** libcni remembers each attachment in a folder with a fixed path. */
function removeCniResults(prefix: string, sandboxes: readonly string[]): void {
  const folder = '/var/lib/cni/results';
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (name.startsWith(prefix) || sandboxes.some((id) => name.includes(id))) rmSync(join(folder, name), { force: true });
  }
}

async function removeTable(name: string): Promise<void> {
  const tables = (await run('nft', ['list', 'tables'])).stdout;
  for (const [, family, table] of tables.matchAll(/^table (\S+) (\S+)$/gm)) {
    if (table === name) await run('nft', ['delete', 'table', family ?? '', table]);
  }
}
