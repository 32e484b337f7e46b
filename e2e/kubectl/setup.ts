import type { TestProject } from 'vitest/node';
import { ensureProgram, localImages } from '@rhythm/cli';
import { debianKubectl } from '../support/debian-kubectl.ts';
import { startRegistry, type Registry } from '../support/registry.ts';
import shareCluster from '../support/shared-cluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The path of kubectl 1.35. */
    kubectl: string;
    /** The path of kubectl 1.20. */
    oldKubectl: string;
    /** The path of helm 4. */
    helm: string;
    /** `127.0.0.1:PORT/busybox`: a shell and its tools. */
    busybox: string;
    /** A web server on port 80 that shows its /etc: `/hostname` is its pod's name. */
    nginx: string;
  }
}

/** One cluster for the folder, and a registry on loopback with two images, and `more`. */
export default async function setup(project: TestProject, more: (registry: Registry) => Promise<void> = () => Promise.resolve()): Promise<() => Promise<void>> {
  const leave = await shareCluster(project);
  const registry = await startRegistry().catch(undone(leave));
  const stop = async (): Promise<void> => {
    await registry.stop();
    await leave();
  };
  await provide(project, registry, more).catch(undone(stop));
  return stop;
}

/** Takes away what was begun, then fails as it did. */
function undone(stop: () => Promise<void>): (error: unknown) => Promise<never> {
  return async (error) => {
    await stop();
    throw error;
  };
}

async function provide(project: TestProject, registry: Registry, more: (registry: Registry) => Promise<void>): Promise<void> {
  const [hello] = await localImages();
  const layer = hello?.layers[0] ?? [];
  project.provide('kubectl', await ensureProgram('kubectl', () => undefined));
  project.provide('helm', await ensureProgram('helm', () => undefined));
  project.provide('oldKubectl', await debianKubectl());
  project.provide('busybox', await registry.push('busybox', 'v1', layer, ['sh']));
  project.provide('nginx', await registry.push('nginx', 'v1', layer, ['/bin/sh', '-c', "trap 'exit 0' TERM; httpd -f -p 80 -h /etc & wait"]));
  await registry.push('nginx', 'v2', layer, ['/bin/sh', '-c', "trap 'exit 0' TERM; httpd -f -p 80 -h /etc & wait"]);
  await more(registry);
}
