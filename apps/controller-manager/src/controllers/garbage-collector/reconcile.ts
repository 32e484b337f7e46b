import { apiVersionOf, hasReason, resources, type KubeObject, type TypedResource } from '@rhythm/api';
import type { OwnerReference } from '@rhythm/api/types/meta-v1';
import { done, runController, type Informer, type ReconcileResult, type RunningController } from '@rhythm/controller';
import type { ControllerContext } from '../../context.ts';
import { followCustom } from '../../shared/follow-custom.ts';
import { foundResources } from '../../shared/found-resources.ts';
import { ignoreGone } from '../../shared/ignore-gone.ts';
import { OwnerGraph, nodeOf, type GraphNode } from './graph.ts';
import { blocks, foregroundFinalizer, orphanFinalizer, planCollect, type OwnerState } from './plan.ts';

const workers = 10;
/** Kinds that own nothing and are owned by nothing that matters, or are another version of one that is watched. */
const leftOut = new Set(['/v1/events', 'events.k8s.io/v1/events', 'autoscaling/v1/horizontalpodautoscalers']);

/** Deletes what has lost its owners; carries out foreground and orphan deletion. The work queue holds uids. */
export function startGarbageCollector(context: ControllerContext): RunningController {
  const kinds = Object.values(resources).filter((r) => !leftOut.has(`${r.group}/${r.version}/${r.resource}`)) as readonly TypedResource[];
  const informers = kinds.map((resource) => context.informers.informer(resource));
  const found = foundResources(context);
  const graph = new OwnerGraph();
  const collector = new GarbageCollector(context, graph, () => [...kinds, ...found.list()]);
  const running = runController({ name: 'garbage-collector', reconcile: (uid) => collector.reconcile(uid), clock: context.clock, log: context.log, workers, synced: [...informers, ...found.synced] });
  const follow = (informer: Informer<KubeObject>, resource: TypedResource): void => {
    const changed = (object: KubeObject): void => {
      const node = graph.set(resource, object);
      if (node.owners.length > 0 || node.deleting) running.enqueue(node.uid);
    };
    informer.addHandler({
      onAdd: changed,
      onUpdate: (old, object) => {
        changed(object);
        // Those that it blocked until now may have nothing left to wait for.
        const node = nodeOf(resource, object);
        for (const { uid, blockOwnerDeletion } of old.metadata.ownerReferences ?? []) if (blockOwnerDeletion === true && !blocks(node, uid)) running.enqueue(uid);
      },
      onDelete: (object) => {
        const node = nodeOf(resource, object);
        const dependents = graph.dependentsOf(node.uid);
        graph.delete(node.uid);
        for (const dependent of dependents) running.enqueue(dependent.uid);
        // An owner that waited in the foreground may have nothing left to wait for.
        for (const owner of node.owners) running.enqueue(owner.uid);
      },
    });
  };
  informers.forEach((informer, i) => follow(informer, kinds[i] as TypedResource));
  const followed = followCustom(context, found, follow);
  return {
    ...running,
    stop: async () => {
      found.stop();
      await Promise.all([running.stop(), followed.stop()]);
    },
  };
}

class GarbageCollector {
  readonly #context: ControllerContext;
  readonly #graph: OwnerGraph;
  readonly #kinds: () => readonly TypedResource[];

  constructor(context: ControllerContext, graph: OwnerGraph, kinds: () => readonly TypedResource[]) {
    this.#context = context;
    this.#graph = graph;
    this.#kinds = kinds;
  }

  async reconcile(uid: string): Promise<ReconcileResult> {
    const node = this.#graph.get(uid);
    if (node === undefined) return done;
    const owners = node.deleting ? [] : await Promise.all(node.owners.map((owner) => this.#stateOf(node, owner)));
    const action = planCollect(node, owners, () => this.#graph.dependentsOf(uid));
    switch (action.kind) {
      case 'delete':
        await this.#delete(node, action.propagation);
        break;
      case 'delete-unblocked':
        await this.#edit(node, (object) => ({ ...object, metadata: { ...object.metadata, ownerReferences: (object.metadata.ownerReferences ?? []).map((owner) => ({ ...owner, blockOwnerDeletion: false })) } }));
        await this.#delete(node, 'Foreground');
        break;
      case 'drop-owners':
        await this.#dropOwners(node, action.uids);
        break;
      case 'orphan-dependents':
        await Promise.all(action.dependents.map((dependent) => this.#dropOwners(dependent, [uid])));
        await this.#removeFinalizer(node, orphanFinalizer);
        break;
      case 'foreground':
        await this.#foreground(node, action.blocking);
        break;
      case 'none':
        break;
    }
    return done;
  }

  /** The cache first; what it does not have is asked of the server, since nothing may be deleted on a stale cache's word. */
  async #stateOf(node: GraphNode, owner: OwnerReference): Promise<OwnerState> {
    const known = this.#graph.get(owner.uid);
    if (known !== undefined) return this.#isWaiting(node, known) ? 'waiting' : 'solid';
    const resource = this.#kinds().find((kind) => kind.kind === owner.kind && apiVersionOf(kind) === owner.apiVersion);
    if (resource === undefined) return 'unknown';
    try {
      const current = await this.#context.client.get(resource, resource.namespaced ? node.namespace : '', owner.name);
      if (current.metadata.uid !== owner.uid) return 'absent';
      return this.#isWaiting(node, nodeOf(resource, current)) ? 'waiting' : 'solid';
    } catch (error) {
      if (hasReason(error, 'NotFound')) return 'absent';
      throw error;
    }
  }

  #isWaiting(node: GraphNode, owner: GraphNode): boolean {
    return owner.deleting && owner.finalizers.includes(foregroundFinalizer) && blocks(node, owner.uid);
  }

  async #foreground(node: GraphNode, blocking: readonly GraphNode[]): Promise<void> {
    if (blocking.length === 0) {
      await this.#removeFinalizer(node, foregroundFinalizer);
      return;
    }
    await Promise.all(blocking.filter((dependent) => !dependent.deleting).map((dependent) => this.reconcile(dependent.uid)));
  }

  async #delete(node: GraphNode, propagationPolicy: 'Orphan' | 'Background' | 'Foreground'): Promise<void> {
    await this.#context.client.delete(node.resource, node.namespace, node.name, { propagationPolicy, preconditions: { uid: node.uid } }).catch(ignoreGone);
    this.#context.log.info('object collected', { resource: node.resource.resource, namespace: node.namespace, name: node.name, propagationPolicy });
  }

  async #dropOwners(node: GraphNode, uids: readonly string[]): Promise<void> {
    await this.#edit(node, (object) => {
      const ownerReferences = (object.metadata.ownerReferences ?? []).filter((owner) => !uids.includes(owner.uid));
      return { ...object, metadata: { ...object.metadata, ownerReferences } };
    });
  }

  async #removeFinalizer(node: GraphNode, finalizer: string): Promise<void> {
    await this.#edit(node, (object) => {
      const finalizers = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
      return { ...object, metadata: { ...object.metadata, finalizers } };
    });
  }

  /** Reads, changes, writes; a conflict comes back as a retry of the whole reconcile. */
  async #edit(node: GraphNode, change: (object: KubeObject) => KubeObject): Promise<void> {
    try {
      const current = await this.#context.client.get(node.resource, node.namespace, node.name);
      if (current.metadata.uid === node.uid) await this.#context.client.update(node.resource, change(current));
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
    }
  }
}
