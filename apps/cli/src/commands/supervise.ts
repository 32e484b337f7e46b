import type { Clock, Log, Random } from '@rhythm/base';
import { bridgeName, requireConfig } from '../cluster/cluster-config.ts';
import { supervisedSpecs } from '../cluster/supervised.ts';
import { watchDocker } from '../host/docker-watch.ts';
import { supervise } from '../processes/supervisor.ts';
import { clusterPaths } from '../paths.ts';

/** The supervisor's process; `up` starts it, people do not. Ends on `signal` and stops nothing. */
export async function superviseCluster(dir: string, ports: { readonly clock: Clock; readonly random: Random; readonly log: Log }, signal: AbortSignal): Promise<void> {
  const config = requireConfig(dir);
  ports.log.info('supervising', { dir: config.dir });
  const docker = config.fakeNodes === undefined ? watchDocker(config.id, bridgeName(config.id), ports, signal) : undefined;
  await Promise.all([supervise(clusterPaths(config.dir), supervisedSpecs(config), ports, signal), docker]);
}
