/** Bodies that are expensive to read (README.md). */
export { YamlReader, type ReadOptions } from './yaml-reader.ts';
export type { ReadBody } from './yaml-task.ts';
