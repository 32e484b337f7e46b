export * from './api-flags.ts';
export * from './endpoint-file.ts';
export * from './flags.ts';
export * from './live-files.ts';
export { nodeMemory } from './memory/node-memory.ts';
export { giveBackAtRest, type ProcessMemory } from './memory/rest.ts';
export * from './run-app.ts';
