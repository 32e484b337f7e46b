import type { TestProject } from 'vitest/node';
import clusterWithImages from '../../kubectl/setup.ts';

/** One cluster for all rows, as `rhythm up` starts it, with two images (`inject('busybox')`, `inject('nginx')`). */
export default function setup(project: TestProject): Promise<() => Promise<void>> {
  project.provide('semantics', 'kubernetes');
  return clusterWithImages(project);
}
