import type { TestProject } from 'vitest/node';
import { clusterFolder, purgeCluster, upCluster } from './cluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the cluster that the files of this project share. */
    clusterDir: string;
    /** What `rhythm up --detach` printed. */
    upOutput: string;
    upSeconds: number;
  }
}

/** One cluster with examples/hello for a whole project. `RHYTHM_E2E_DIR` names one that runs already, while tests are written. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['RHYTHM_E2E_DIR'];
  if (given !== undefined) {
    await bringUp(project, given);
    return () => Promise.resolve();
  }
  const dir = clusterFolder();
  try {
    await bringUp(project, dir);
  } catch (error) {
    await purgeCluster(dir);
    throw error;
  }
  return () => purgeCluster(dir);
}

async function bringUp(project: TestProject, dir: string): Promise<void> {
  const { output, seconds } = await upCluster(dir);
  project.provide('clusterDir', dir);
  project.provide('upOutput', output);
  project.provide('upSeconds', seconds);
}
