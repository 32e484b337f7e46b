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

/** One cluster with examples/hello for a whole project. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = clusterFolder();
  try {
    const { output, seconds } = await upCluster(dir);
    project.provide('clusterDir', dir);
    project.provide('upOutput', output);
    project.provide('upSeconds', seconds);
  } catch (error) {
    await purgeCluster(dir);
    throw error;
  }
  return () => purgeCluster(dir);
}
