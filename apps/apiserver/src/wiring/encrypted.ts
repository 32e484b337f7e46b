import { kindRegistry } from '@rhythm/api';
import type { MetricsRegistry } from '@rhythm/telemetry';
import type { ApiserverPorts } from '../config.ts';
import { EncryptionController, EncryptionMetrics } from '../encryption/index.ts';
import { ConfigReloadMetrics, type ServerIdentity } from '../reloads/index.ts';

/** Encryption at rest, following its configuration. Rejects when that cannot be used. */
export async function encryptionOf(text: string, metrics: MetricsRegistry, identity: ServerIdentity, { clock, random, log, encryptionFile }: ApiserverPorts): Promise<EncryptionController> {
  const controller = new EncryptionController(kindRegistry, { clock, random, log, metrics: new EncryptionMetrics(metrics, clock, new ConfigReloadMetrics('encryption', metrics, identity, clock)) });
  await controller.start(text).catch((error: unknown) => {
    throw new Error('--encryption-provider-config cannot be used', { cause: error });
  });
  if (encryptionFile !== undefined) controller.follow(encryptionFile);
  return controller;
}
