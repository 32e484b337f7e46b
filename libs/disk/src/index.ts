/**
 * What is kept on disk: an ordered key space and an append log, each a port with a real and a memory adapter.
 * The memory adapters can lose power, for tests. May import `base` only; the only place that imports `level`.
 */
export * from './append-log.ts';
export * from './files.ts';
export * from './key-value-space.ts';
export * from './level-space.ts';
export * from './level-spaces.ts';
export * from './memory-files.ts';
export * from './memory-space.ts';
export * from './memory-spaces.ts';
export * from './node-files.ts';
export * from './spaces.ts';
