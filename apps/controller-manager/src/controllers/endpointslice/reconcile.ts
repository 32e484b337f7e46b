import { hasReason, matcherOfMap, resources } from '@rhythm/api';
import type { EndpointSlice } from '@rhythm/api/types/discovery-v1';
import { done, enqueueOn, keyOf, runController, type ReconcileResult, type RunningController } from '@rhythm/controller';
import type { ControllerContext } from '../../context.ts';
import { ignoreGone } from '../../shared/ignore-gone.ts';
import { namespaceIndex } from '../../shared/indexes.ts';
import { Expectations } from '../../shared/expectations.ts';
import { Pace } from '../../shared/pace.ts';
import { managedBy, managedByLabel, planEndpointSlices, serviceNameLabel } from './plan.ts';

const workers = 5;

/** Keeps the EndpointSlices of every Service with a selector. */
export function startEndpointSlice(context: ControllerContext): RunningController {
  const { client, informers } = context;
  const services = informers.informer(resources.services, { indexes: namespaceIndex });
  const pods = informers.informer(resources.pods, { indexes: namespaceIndex });
  const nodes = informers.informer(resources.nodes);
  const slices = informers.informer(resources.endpointSlices, { indexes: { service: (slice) => serviceKeys(slice) } });
  const expectations = new Expectations(context.clock);
  const pace = new Pace(context.clock);
  const events = context.events('endpoint-slice-controller');

  async function reconcile(key: string): Promise<ReconcileResult> {
    const service = services.get(key);
    const existing = slices.byIndex('service', key).filter((slice) => slice.metadata.labels?.[managedByLabel] === managedBy);
    if (service === undefined) {
      expectations.forget(key);
      pace.forget(key);
      for (const slice of existing) await remove(slice);
      return done;
    }
    if (service.spec.type === 'ExternalName' || Object.keys(service.spec.selector ?? {}).length === 0) return done;
    // A slice that was made and is not yet seen here would be made twice, since the server chooses its name.
    if (service.metadata.deletionTimestamp !== undefined || !expectations.satisfied(key)) return done;
    const plan = pace.measured(key, () => planEndpointSlices(service, pods.byIndex('namespace', service.metadata.namespace ?? ''), existing, (name) => nodes.get(name)));
    try {
      for (const slice of plan.create) await create(key, slice);
      for (const slice of plan.update) await client.update(resources.endpointSlices, slice);
      for (const slice of plan.delete) await remove(slice);
    } catch (error) {
      if (!hasReason(error, 'Conflict')) events.event(service, 'Warning', 'FailedToUpdateEndpointSlices', `Error updating Endpoint Slices for Service ${key}: ${String(error)}`);
      throw error;
    }
    return done;
  }

  async function create(key: string, slice: EndpointSlice): Promise<void> {
    expectations.expectCreations(key, 1);
    try {
      await client.create(resources.endpointSlices, slice.metadata.namespace ?? '', slice);
    } catch (error) {
      expectations.creationObserved(key);
      throw error;
    }
  }

  async function remove(slice: EndpointSlice): Promise<void> {
    const { namespace = '', name = '', uid } = slice.metadata;
    await client.delete(resources.endpointSlices, namespace, name, { preconditions: { uid } }).catch(ignoreGone);
  }

  const running = runController({ name: 'endpointslice', reconcile, clock: context.clock, log: context.log, workers, synced: [services, pods, nodes, slices] });
  slices.addHandler({ onAdd: (slice) => serviceKeys(slice).forEach((key) => expectations.creationObserved(key)) });
  enqueueOn(services, running.queue);
  const paced = { add: (key: string): void => running.queue.addAfter(key, pace.delayMs(key)) };
  enqueueOn(slices, paced, serviceKeys);
  enqueueOn(pods, paced, (pod) =>
    services.byIndex('namespace', pod.metadata.namespace ?? '').filter((s) => Object.keys(s.spec.selector ?? {}).length > 0 && matcherOfMap(s.spec.selector).matches(pod.metadata.labels)).map(keyOf),
  );
  return running;
}

function serviceKeys(slice: EndpointSlice): readonly string[] {
  const name = slice.metadata.labels?.[serviceNameLabel];
  return name === undefined ? [] : [`${slice.metadata.namespace}/${name}`];
}
