import { join } from 'node:path';
import { clusterPaths, containerdSocket, runtimeDirectory } from '../paths.ts';
import { appSpecs } from '../processes/app-specs.ts';
import type { ProcessSpec } from '../processes/launch.ts';
import { containerdSpec, type ContainerdOptions } from '../runtime/containerd-spec.ts';
import type { ClusterConfig } from './cluster-config.ts';

/** The supervisor's name among the pid files. */
export const supervisorName = 'rhythm';

export function containerdOptions(config: ClusterConfig): ContainerdOptions {
  const paths = clusterPaths(config.dir);
  return { root: join(paths.data, 'containerd'), runtimeDirectory: runtimeDirectory(config.id), socket: containerdSocket(config.id), cniConfDir: paths.cniConf };
}

/** The processes a supervisor keeps alive. */
export function supervisedSpecs(config: ClusterConfig): readonly ProcessSpec[] {
  return [...(config.runtimeEndpoint === undefined && config.fakeNodes === undefined ? [containerdSpec(containerdOptions(config))] : []), ...appSpecs(config)];
}
