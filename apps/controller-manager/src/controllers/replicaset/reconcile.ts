import { hasReason, matcherOfSelector, resources, withCondition, withoutCondition } from '@rhythm/api';
import type { ReplicaSet, ReplicaSetCondition } from '@rhythm/api/types/apps-v1';
import type { Pod } from '@rhythm/api/types/core-v1';
import { causeChain } from '@rhythm/base';
import { controllerKey, done, enqueueOn, keyOf, later, runController, TerminalError, type Informer, type ReconcileResult, type RunningController } from '@rhythm/controller';
import type { ControllerContext } from '../../context.ts';
import { claim } from '../../shared/claim.ts';
import { semanticallyEqual } from '../../shared/equality.ts';
import { Expectations } from '../../shared/expectations.ts';
import { ownershipIndexes } from '../../shared/indexes.ts';
import { controllerOf, controllerReference } from '../../shared/owners.ts';
import { slowStart } from '../../shared/slow-start.ts';
import { planReplicaSet, type ReplicaSetPlan } from './plan.ts';

const kind = 'ReplicaSet';
const workers = 5;

/** Keeps as many pods as each ReplicaSet asks for. */
export function startReplicaSet(context: ControllerContext): RunningController {
  const sets = context.informers.informer(resources.replicaSets, { indexes: ownershipIndexes });
  const pods = context.informers.informer(resources.pods, { indexes: ownershipIndexes });
  const controller = new ReplicaSetController(context, sets, pods);
  const running = runController({ name: 'replicaset', reconcile: (key) => controller.reconcile(key), clock: context.clock, log: context.log, workers, synced: [sets, pods] });
  enqueueOn(sets, running.queue);
  enqueueOn(pods, running.queue, (pod) => (controllerOf(pod) === undefined ? controller.selecting(pod) : controllerKey(pod, kind)));
  pods.addHandler({
    onAdd: (pod) => controllerKey(pod, kind).forEach((key) => controller.expectations.creationObserved(key)),
    onUpdate: (_old, pod) => {
      if (pod.metadata.deletionTimestamp !== undefined) controller.deletionSeen(pod);
    },
    onDelete: (pod) => controller.deletionSeen(pod),
  });
  return running;
}

class ReplicaSetController {
  readonly expectations: Expectations;
  readonly #context: ControllerContext;
  readonly #sets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #events;

  constructor(context: ControllerContext, sets: Informer<ReplicaSet>, pods: Informer<Pod>) {
    this.#context = context;
    this.#sets = sets;
    this.#pods = pods;
    this.#events = context.events('replicaset-controller');
    this.expectations = new Expectations(context.clock);
  }

  /** The sets that would adopt this orphan. */
  selecting(pod: Pod): readonly string[] {
    return this.#sets
      .list()
      .filter((set) => set.metadata.namespace === pod.metadata.namespace && matcherOfSelector(set.spec.selector).matches(pod.metadata.labels))
      .map(keyOf);
  }

  deletionSeen(pod: Pod): void {
    for (const key of controllerKey(pod, kind)) this.expectations.deletionObserved(key, pod.metadata.uid ?? '');
  }

  async reconcile(key: string): Promise<ReconcileResult> {
    const set = this.#sets.get(key);
    if (set === undefined) {
      this.expectations.forget(key);
      return done;
    }
    // Validation refuses such a set; one that was stored otherwise would get pods without end, none of them its own.
    if (!matcherOfSelector(set.spec.selector).matches(set.spec.template.metadata.labels)) throw new TerminalError(`the selector of ReplicaSet ${key} does not match its own template`);
    const owned = await this.#claim(set);
    const now = this.#context.clock.now();
    const plan = planReplicaSet(set, owned, now);
    const failure = this.expectations.satisfied(key) ? await this.#act(key, set, plan) : undefined;
    await this.#writeStatus(set, plan, failure);
    if (failure !== undefined) throw failure;
    return plan.lookAgainAt === undefined ? done : later(Math.max(0, plan.lookAgainAt - now));
  }

  async #claim(set: ReplicaSet): Promise<readonly Pod[]> {
    const { namespace = '', name = '', uid } = set.metadata;
    return claim({
      owner: set,
      reference: controllerReference(set, 'apps/v1', kind),
      matcher: matcherOfSelector(set.spec.selector),
      resource: resources.pods,
      informer: this.#pods,
      client: this.#context.client,
      stillThere: async () => {
        const current = await this.#context.client.get(resources.replicaSets, namespace, name);
        return current.metadata.uid === uid && current.metadata.deletionTimestamp === undefined;
      },
    });
  }

  async #act(key: string, set: ReplicaSet, plan: ReplicaSetPlan): Promise<Error | undefined> {
    if (plan.create > 0) {
      this.expectations.expectCreations(key, plan.create);
      return slowStart(plan.create, () => this.#create(set), (skipped) => {
        for (let i = 0; i < skipped; i++) this.expectations.creationObserved(key);
      });
    }
    for (const pod of plan.delete) this.expectations.expectDeletion(key, pod.metadata.uid ?? '');
    return slowStart(plan.delete.length, (i) => this.#delete(key, set, plan.delete[i] as Pod), () => undefined, plan.delete.length);
  }

  async #create(set: ReplicaSet): Promise<void> {
    const { namespace = '' } = set.metadata;
    const template = set.spec.template;
    const pod: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        generateName: `${set.metadata.name}-`,
        namespace,
        labels: { ...template.metadata.labels },
        annotations: { ...template.metadata.annotations },
        finalizers: [...(template.metadata.finalizers ?? [])],
        ownerReferences: [controllerReference(set, 'apps/v1', kind)],
      },
      spec: template.spec,
      status: {},
    };
    try {
      const created = await this.#context.client.create(resources.pods, namespace, pod);
      this.#events.event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
    } catch (error) {
      this.#events.event(set, 'Warning', 'FailedCreate', `Error creating: ${causeChain(error)}`);
      throw error;
    }
  }

  async #delete(key: string, set: ReplicaSet, pod: Pod): Promise<void> {
    const { namespace = '', name = '', uid = '' } = pod.metadata;
    try {
      await this.#context.client.delete(resources.pods, namespace, name, { preconditions: { uid } });
      this.#events.event(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    } catch (error) {
      this.expectations.deletionObserved(key, uid);
      if (hasReason(error, 'NotFound') || hasReason(error, 'Conflict')) return;
      this.#events.event(set, 'Warning', 'FailedDelete', `Error deleting: ${causeChain(error)}`);
      throw error;
    }
  }

  async #writeStatus(set: ReplicaSet, plan: ReplicaSetPlan, failure: Error | undefined): Promise<void> {
    const reason = plan.create > 0 ? 'FailedCreate' : 'FailedDelete';
    const conditions: ReplicaSetCondition[] =
      failure === undefined
        ? withoutCondition(set.status.conditions, 'ReplicaFailure')
        : withCondition(set.status.conditions, { type: 'ReplicaFailure', status: 'True', reason, message: failure.message }, this.#context.clock.now());
    const status = { ...plan.status, conditions };
    if (semanticallyEqual(status, set.status)) return;
    await this.#context.client.update(resources.replicaSets, { ...set, status }, { subresource: 'status' });
  }
}
