import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Log, Random } from '@rhythm/base';
import { bridgeName, requireConfig } from '../config/cluster-config.ts';
import { ensureDescriptions } from '../config/descriptions.ts';
import { supervisedSpecs, supervisorName } from '../cluster/supervised.ts';
import { watchDocker } from '../host/docker-watch.ts';
import { readPidFile, writePidFile } from '../processes/pid-file.ts';
import { processId } from '../processes/process-id.ts';
import { repository } from '../processes/app-specs.ts';
import { supervise } from '../processes/supervisor.ts';
import { clusterPaths } from '../paths.ts';

/** The supervisor's process; `up` starts it, people do not. Ends on `signal` and stops nothing. */
export async function superviseCluster(dir: string, ports: { readonly clock: Clock; readonly random: Random; readonly log: Log }, signal: AbortSignal): Promise<void> {
  const config = requireConfig(dir);
  ports.log.info('supervising', { dir: config.dir });
  const paths = clusterPaths(config.dir);
  await Promise.all([
    supervise(paths, supervisedSpecs(config), ports, signal),
    ensureDescriptions(join(repository, 'tools/descriptions.ts'), ports.log, signal),
    keepOwnPidFile(paths.run, ports.clock, signal),
    config.fakeNodes === undefined ? watchDocker(config.id, bridgeName(config.id), ports, signal) : undefined,
  ]);
}

const ownFileMs = 1_000;

/** Nobody looks after the supervisor's own pid file but itself. */
async function keepOwnPidFile(run: string, clock: Clock, signal: AbortSignal): Promise<void> {
  for (;;) {
    await clock.sleep(ownFileMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    const own = processId(process.pid);
    if (own !== undefined && existsSync(run) && readPidFile(run, supervisorName) === undefined) writePidFile(run, supervisorName, own);
  }
}
