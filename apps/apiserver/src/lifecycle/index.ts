/**
 * How a server comes up and goes down: the steps that must be done before it is ready (`StartSteps`), the caches that are filled
 * before it serves (`warmCaches`), and the order in which it stops (`Shutdown`). Imported by start.ts only.
 */
export { Shutdown, shutdownDefaults, type ShutdownConfig } from './shutdown.ts';
export { StartSteps } from './start-steps.ts';
export { warmCaches } from './warm-up.ts';
