import { hasReason, resources } from '@rhythm/api';
import { done, enqueueOn, runController, type RunningController } from '@rhythm/controller';
import type { ControllerContext } from '../../context.ts';

/** Every active namespace has a ServiceAccount `default`. */
export function startServiceAccount(context: ControllerContext): RunningController {
  const namespaces = context.informers.informer(resources.namespaces);
  const accounts = context.informers.informer(resources.serviceAccounts);
  const running = runController({
    name: 'service-account',
    clock: context.clock,
    log: context.log,
    synced: [namespaces, accounts],
    reconcile: async (namespace) => {
      if (namespaces.get(namespace)?.status.phase !== 'Active' || accounts.get(`${namespace}/default`) !== undefined) return done;
      try {
        await context.client.create(resources.serviceAccounts, namespace, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } });
      } catch (error) {
        if (!hasReason(error, 'AlreadyExists') && !hasReason(error, 'NotFound')) throw error;
      }
      return done;
    },
  });
  enqueueOn(namespaces, running.queue);
  accounts.addHandler({ onDelete: (account) => running.enqueue(account.metadata.namespace ?? '') });
  return running;
}
