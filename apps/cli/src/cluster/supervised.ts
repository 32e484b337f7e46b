import { statSync } from 'node:fs';
import { join } from 'node:path';
import { clusterPaths, containerdSocket, runtimeDirectory } from '../paths.ts';
import { appSpecs, repository } from '../processes/app-specs.ts';
import { restorePidFiles } from '../processes/find-process.ts';
import type { ProcessSpec } from '../processes/launch.ts';
import { containerdSpec, type ContainerdOptions } from '../runtime/containerd-spec.ts';
import type { ClusterConfig } from '../config/cluster-config.ts';

/** The supervisor's name among the pid files. */
export const supervisorName = 'rhythm';

export function containerdOptions(config: ClusterConfig): ContainerdOptions {
  const paths = clusterPaths(config.dir);
  return { root: join(paths.data, 'containerd'), runtimeDirectory: runtimeDirectory(config.id), socket: containerdSocket(config.id), cniConfDir: paths.cniConf };
}

/** How the supervisor itself is started. It reads the configuration itself. */
export function supervisorSpec(config: Pick<ClusterConfig, 'dir'>): ProcessSpec {
  const bundle = join(repository, 'apps/cli/dist/main.mjs');
  const main = statSync(bundle, { throwIfNoEntry: false }) === undefined ? join(repository, 'apps/cli/src/main.ts') : bundle;
  return { name: supervisorName, command: process.execPath, args: [main, 'supervise', '--dir', config.dir] };
}

/** The processes a supervisor keeps alive. */
export function supervisedSpecs(config: ClusterConfig): readonly ProcessSpec[] {
  return [...(config.runtimeEndpoint === undefined && config.fakeNodes === undefined ? [containerdSpec(containerdOptions(config))] : []), ...appSpecs(config)];
}

/** Takes over what runs without a pid file. */
export function adoptLost(config: ClusterConfig): readonly string[] {
  return restorePidFiles(clusterPaths(config.dir), [supervisorSpec(config), ...supervisedSpecs(config)]);
}
