import type { RunningController } from '@rhythm/controller';
import type { ControllerContext } from './context.ts';
import { startDeployment } from './controllers/deployment/reconcile.ts';
import { startEndpoints } from './controllers/endpoints/reconcile.ts';
import { startEndpointSlice } from './controllers/endpointslice/reconcile.ts';
import { startGarbageCollector } from './controllers/garbage-collector/reconcile.ts';
import { startNamespace } from './controllers/namespace/reconcile.ts';
import { startNodeLifecycle } from './controllers/node-lifecycle/reconcile.ts';
import { startPodGc } from './controllers/pod-gc/reconcile.ts';
import { startReplicaSet } from './controllers/replicaset/reconcile.ts';
import { startRootCa } from './controllers/root-ca/reconcile.ts';
import { startServiceAccount } from './controllers/service-account/reconcile.ts';

/** Starts every controller; those that a fresh cluster waits for first. `rootCa` is the PEM that pods get. */
export function startControllers(context: ControllerContext, rootCa: string): readonly RunningController[] {
  const withRootCa = (ctx: ControllerContext): RunningController => startRootCa(ctx, rootCa);
  const all = [startServiceAccount, withRootCa, startNodeLifecycle, startReplicaSet, startDeployment, startEndpointSlice, startEndpoints, startNamespace, startPodGc, startGarbageCollector];
  return all.map((start) => start(context));
}
