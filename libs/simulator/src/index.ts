/** A simulated world for tests, and checkers of what happened in it; see the README. */
export * from './disk.ts';
export * from './kv-model.ts';
export * from './linearizability.ts';
export * from './network.ts';
export * from './process.ts';
export * from './sim-files.ts';
export * from './sim-spaces.ts';
export * from './watch-checker.ts';
export * from './watch-guarantees.ts';
export * from './world.ts';
