import type { ApiserverPorts } from '../config.ts';
import type { EncryptionController } from '../encryption/index.ts';
import { healthHandler } from '../http/health.ts';
import type { PathHandler } from '../ports/handlers.ts';
import type { Life } from './life.ts';

/** What /livez and /readyz say. */
export function healthOf(life: Life, { store, log }: Pick<ApiserverPorts, 'store' | 'log'>, encryption: EncryptionController | undefined): PathHandler {
  return healthHandler(
    [
      { name: 'ping', check: () => undefined },
      { name: 'etcd', check: async () => void (await store.range('/registry/health', { countOnly: true })) },
      ...(encryption === undefined ? [] : [{ name: 'kms-providers', check: () => encryption.check() }]),
      ...life.steps.checks,
    ],
    [
      {
        name: 'informer-sync',
        check: () => {
          if (!life.isWarm) throw new Error('caches are not filled yet');
        },
      },
      life.shutdown.check,
    ],
    log,
  );
}
