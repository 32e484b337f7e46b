import type { Clock, Log, Random } from '@rhythm/base';
import type { ApiClient } from '@rhythm/client';
import type { EventRecorder, InformerFactory, RunningController } from '@rhythm/controller';

/** What every controller gets. */
export interface ControllerContext {
  readonly client: ApiClient;
  readonly informers: InformerFactory;
  /** The recorder for events of this component, as `deployment-controller`. */
  events(component: string): EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Asks for its informers, then runs its reconcile on their events. */
export type StartController = (context: ControllerContext) => RunningController;
