import { requireConfig } from '../config/cluster-config.ts';
import { purge } from '../cluster/purge.ts';
import { stopCluster } from '../cluster/stop-cluster.ts';
import type { StartPorts } from '../cluster/start-cluster.ts';
import { checkRights } from '../host/preflight.ts';
import { withClusterLock } from './up.ts';

/** Stops a cluster and leaves nothing but DIR; with `purge` not even that. */
export async function down(options: { readonly dir: string; readonly purge: boolean }, ports: StartPorts): Promise<void> {
  const config = requireConfig(options.dir);
  if (config.fakeNodes === undefined) checkRights();
  await withClusterLock(config.dir, async () => {
    await stopCluster(config, ports);
    if (options.purge) purge(config.dir);
  });
  ports.progress.say(options.purge ? `The cluster is gone, and ${config.dir} with it.` : 'The cluster is stopped; ./rhythm up resumes it.');
}
