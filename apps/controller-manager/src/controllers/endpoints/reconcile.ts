import { matcherOfMap, resources } from '@rhythm/api';
import { done, enqueueOn, keyOf, runController, splitKey, type ReconcileResult, type RunningController } from '@rhythm/controller';
import type { ControllerContext } from '../../context.ts';
import { ignoreGone } from '../../shared/ignore-gone.ts';
import { semanticallyEqual } from '../../shared/equality.ts';
import { namespaceIndex } from '../../shared/indexes.ts';
import { Pace } from '../../shared/pace.ts';
import { planEndpoints } from './plan.ts';

const workers = 5;

/** Keeps the Endpoints object of every Service with a selector, for clients that do not read EndpointSlices. */
export function startEndpoints(context: ControllerContext): RunningController {
  const { client, informers } = context;
  const services = informers.informer(resources.services, { indexes: namespaceIndex });
  const pods = informers.informer(resources.pods, { indexes: namespaceIndex });
  const endpoints = informers.informer(resources.endpoints);

  const pace = new Pace(context.clock);

  async function reconcile(key: string): Promise<ReconcileResult> {
    const service = services.get(key);
    const existing = endpoints.get(key);
    if (service === undefined) {
      pace.forget(key);
      const { namespace, name } = splitKey(key);
      if (existing !== undefined) await client.delete(resources.endpoints, namespace, name, { preconditions: { uid: existing.metadata.uid ?? '' } }).catch(ignoreGone);
      return done;
    }
    if (service.spec.type === 'ExternalName' || Object.keys(service.spec.selector ?? {}).length === 0) return done;
    const wanted = pace.measured(key, () => planEndpoints(service, pods.byIndex('namespace', service.metadata.namespace ?? ''), existing));
    if (existing === undefined) {
      await client.create(resources.endpoints, service.metadata.namespace ?? '', wanted);
    } else if (!semanticallyEqual([wanted.subsets, wanted.metadata.labels, wanted.metadata.annotations], [existing.subsets, existing.metadata.labels, existing.metadata.annotations])) {
      await client.update(resources.endpoints, wanted);
    }
    return done;
  }

  const running = runController({ name: 'endpoints', reconcile, clock: context.clock, log: context.log, workers, synced: [services, pods, endpoints] });
  enqueueOn(services, running.queue);
  endpoints.addHandler({ onDelete: (object) => running.enqueue(keyOf(object)) });
  enqueueOn(pods, { add: (key) => running.queue.addAfter(key, pace.delayMs(key)) }, (pod) =>
    services.byIndex('namespace', pod.metadata.namespace ?? '').filter((s) => Object.keys(s.spec.selector ?? {}).length > 0 && matcherOfMap(s.spec.selector).matches(pod.metadata.labels)).map(keyOf),
  );
  return running;
}
