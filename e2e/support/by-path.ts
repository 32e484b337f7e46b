import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Project by project, files in the order of their paths: the same on every machine. Vitest goes by how large files are, and how long they took the last time. */
export class ByPath extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => compare(a.project.name, b.project.name) || compare(a.moduleId, b.moduleId));
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
