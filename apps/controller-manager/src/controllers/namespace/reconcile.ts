import { hasReason, resources, type KubeObject, type TypedResource } from '@rhythm/api';
import type { Namespace } from '@rhythm/api/types/core-v1';
import { causeChain } from '@rhythm/base';
import { done, enqueueOn, later, runController, type ReconcileResult, type RunningController } from '@rhythm/controller';
import type { ControllerContext } from '../../context.ts';
import { aggregatedResources, type Aggregated } from '../../shared/aggregated-resources.ts';
import { customResources } from '../../shared/custom-resources.ts';
import { semanticallyEqual } from '../../shared/equality.ts';
import { namespaceFinalizer, terminatingConditions, type ContentFailure, type Remaining } from './plan.ts';

const workers = 5;
/** While content is left it is looked at again; its own deletions give no event here. */
const pollMs = 1_000;
/** While a server does not say what it has. */
const undiscoveredPollMs = 5_000;
/** Deletions under way at once in one namespace. */
const deletionsMax = 20;

/** Empties namespaces that are being deleted, pods first, then lets them go. */
export function startNamespace(context: ControllerContext): RunningController {
  const { client, clock } = context;
  const namespaces = context.informers.informer(resources.namespaces);
  const custom = customResources(context);
  const aggregated = aggregatedResources(context);

  async function reconcile(name: string): Promise<ReconcileResult> {
    const namespace = namespaces.get(name);
    if (namespace?.metadata.deletionTimestamp === undefined) return done;
    if (!(namespace.spec.finalizers ?? []).includes(namespaceFinalizer)) return done;
    const others = await aggregated.discover();
    const remaining: Remaining[] = [];
    const failures: ContentFailure[] = [];
    for (const resource of contentKinds([...custom.list(), ...others.resources])) {
      try {
        remaining.push(await empty(resource, name));
      } catch (error) {
        failures.push({ resource: titleOf(resource), message: causeChain(error) });
      }
      // Other content may be what pods need to end well: volumes, configuration, the service account of a hook.
      if (resource.resource === 'pods' && (remaining.at(-1)?.count ?? 0) > 0) break;
    }
    const current = await writeStatus(namespace, remaining, failures, others.failures);
    if (failures.length > 0 || remaining.some((r) => r.count > 0)) return later(pollMs);
    // Nobody knows whether something is left of what cannot be asked.
    if (others.failures.length > 0) return later(undiscoveredPollMs);
    await finalize(current);
    return done;
  }

  /** Deletes what is there, says what is still there afterwards. */
  async function empty(resource: TypedResource, namespace: string): Promise<Remaining> {
    const before = await client.list(resource, namespace);
    const todo = before.items.filter((object) => object.metadata.deletionTimestamp === undefined);
    for (let at = 0; at < todo.length; at += deletionsMax) await Promise.all(todo.slice(at, at + deletionsMax).map((object) => remove(resource, object)));
    const after = before.items.length === 0 ? before : await client.list(resource, namespace);
    const finalizers: Record<string, number> = {};
    for (const object of after.items) for (const name of object.metadata.finalizers ?? []) finalizers[name] = (finalizers[name] ?? 0) + 1;
    return { resource: titleOf(resource), count: after.items.length, finalizers };
  }

  async function remove(resource: TypedResource, object: KubeObject): Promise<void> {
    const { namespace = '', name = '', uid = '' } = object.metadata;
    try {
      await client.delete(resource, namespace, name, { propagationPolicy: 'Background', preconditions: { uid } });
    } catch (error) {
      if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) throw error;
    }
  }

  async function writeStatus(namespace: Namespace, remaining: readonly Remaining[], failures: readonly ContentFailure[], undiscovered: Aggregated['failures']): Promise<Namespace> {
    const conditions = terminatingConditions(namespace, remaining, failures, clock.now(), undiscovered);
    if (semanticallyEqual(conditions, namespace.status.conditions)) return namespace;
    return client.update(resources.namespaces, { ...namespace, status: { ...namespace.status, conditions } }, { subresource: 'status' });
  }

  async function finalize(namespace: Namespace): Promise<void> {
    const finalizers = (namespace.spec.finalizers ?? []).filter((name) => name !== namespaceFinalizer);
    try {
      await client.update(resources.namespaces, { ...namespace, spec: { ...namespace.spec, finalizers } }, { subresource: 'finalize' });
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
    }
  }

  const running = runController({ name: 'namespace', reconcile, clock, log: context.log, workers, synced: [namespaces, custom.informer, aggregated.informer] });
  enqueueOn(namespaces, running.queue);
  return running;
}

/** Every namespaced kind once, pods first. */
function contentKinds(custom: readonly TypedResource[]): readonly TypedResource[] {
  const seen = new Set(['autoscaling/v1/horizontalpodautoscalers', 'events.k8s.io/v1/events']);
  const kinds = Object.values(resources).filter((r) => r.namespaced && !seen.has(`${r.group}/${r.version}/${r.resource}`)) as readonly TypedResource[];
  return [resources.pods as TypedResource, ...kinds.filter((r) => r.resource !== 'pods' || r.group !== ''), ...custom.filter((r) => r.namespaced)];
}

const titleOf = (resource: TypedResource): string => (resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`);
