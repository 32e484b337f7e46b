import { resources } from '@rhythm/api';
import type { Secret } from '@rhythm/api/types/core-v1';
import { parseTime } from '@rhythm/base';
import { done, enqueueOn, later, runController, type RunningController } from '@rhythm/controller';
import type { ControllerContext } from '../../context.ts';
import { ignoreGone } from '../../shared/ignore-gone.ts';

const tokenType = 'bootstrap.kubernetes.io/token';
const namespace = 'kube-system';

/** Deletes bootstrap tokens when they have expired. */
export function startTokenCleaner(context: ControllerContext): RunningController {
  const { client, clock, log } = context;
  const secrets = context.informers.informer(resources.secrets, { namespace, fieldSelector: `type=${tokenType}` });
  const running = runController({
    name: 'token-cleaner',
    clock,
    log,
    synced: [secrets],
    reconcile: async (key) => {
      const secret = secrets.get(key);
      const expiration = secret === undefined || secret.type !== tokenType ? undefined : expirationOf(secret);
      if (secret === undefined || expiration === undefined) return done;
      const leftMs = expiration - clock.now();
      if (leftMs > 0) return later(leftMs);
      const { name = '', uid = '' } = secret.metadata;
      await client.delete(resources.secrets, namespace, name, { preconditions: { uid } }).catch(ignoreGone);
      log.info('bootstrap token deleted: it has expired', { secret: name });
      return done;
    },
  });
  enqueueOn(secrets, running.queue);
  return running;
}

/** Undefined: it lives for ever, or does not say clearly; then the API server refuses it, and it is left for whoever made it. */
function expirationOf(secret: Secret): number | undefined {
  return parseTime(Buffer.from(secret.data?.['expiration'] ?? '', 'base64').toString('utf8'));
}
