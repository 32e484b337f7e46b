import type { TestProject } from 'vitest/node';
import clusterWithImages from '../../kubectl/setup.ts';
import { nodeLayer } from '../../support/node-image.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** `127.0.0.1:PORT/node`: Node.js and a shell. */
    node: string;
  }
}

/** One cluster for all rows, as `rhythm up` starts it, with three images (`inject('busybox')`, `inject('nginx')`, `inject('node')`). */
export default function setup(project: TestProject): Promise<() => Promise<void>> {
  project.provide('semantics', 'kubernetes');
  return clusterWithImages(project, async (registry) => project.provide('node', await registry.push('node', 'v1', await nodeLayer(), ['node'])));
}
