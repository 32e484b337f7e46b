import type { RunningController } from '@rhythm/controller';
import type { ControllerContext } from './context.ts';
import { startCertificateApproving } from './controllers/certificates/approve.ts';
import { startCertificateCleaner } from './controllers/certificates/clean.ts';
import { startCertificateSigning, type SigningConfig } from './controllers/certificates/sign.ts';
import { startDeployment } from './controllers/deployment/reconcile.ts';
import { startEndpoints } from './controllers/endpoints/reconcile.ts';
import { startEndpointSlice } from './controllers/endpointslice/reconcile.ts';
import { startGarbageCollector } from './controllers/garbage-collector/reconcile.ts';
import { startNamespace } from './controllers/namespace/reconcile.ts';
import { startNodeLifecycle } from './controllers/node-lifecycle/reconcile.ts';
import { startPodGc } from './controllers/pod-gc/reconcile.ts';
import { startReplicaSet } from './controllers/replicaset/reconcile.ts';
import { startResourceQuota } from './controllers/resource-quota/reconcile.ts';
import { startRootCa } from './controllers/root-ca/reconcile.ts';
import { startAttributesClassProtection } from './controllers/storage-protection/attributes-classes.ts';
import { startClaimProtection } from './controllers/storage-protection/claims.ts';
import { startVolumeProtection } from './controllers/storage-protection/volumes.ts';
import { startTokenCleaner } from './controllers/token-cleaner/reconcile.ts';
import { startServiceAccount } from './controllers/service-account/reconcile.ts';

export interface ControllersConfig {
  /** PEM that pods get. */
  readonly rootCa: string;
  /** Absent: nothing is approved or signed. */
  readonly signing?: SigningConfig;
}

/** Starts every controller; those that a fresh cluster waits for first. */
export function startControllers(context: ControllerContext, config: ControllersConfig): readonly RunningController[] {
  const { signing } = config;
  const withRootCa = (ctx: ControllerContext): RunningController => startRootCa(ctx, config.rootCa);
  const withAuthority = signing === undefined ? [] : [startCertificateApproving, (ctx: ControllerContext): RunningController => startCertificateSigning(ctx, signing)];
  const all = [startServiceAccount, withRootCa, startNodeLifecycle, startReplicaSet, startDeployment, startEndpointSlice, startEndpoints, startNamespace, startPodGc, startResourceQuota, startClaimProtection, startVolumeProtection, startAttributesClassProtection, startGarbageCollector, startCertificateCleaner, startTokenCleaner, ...withAuthority];
  return all.map((start) => start(context));
}
