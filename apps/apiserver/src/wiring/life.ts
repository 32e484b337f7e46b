import type { Shutdown, StartSteps } from '../lifecycle/index.ts';

/** How far up the server has come, or down. */
export interface Life {
  readonly steps: StartSteps;
  readonly shutdown: Shutdown;
  isWarm: boolean;
}
