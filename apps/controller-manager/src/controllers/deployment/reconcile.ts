import { hasReason, matcherOfSelector, resources } from '@rhythm/api';
import type { Deployment, ReplicaSet } from '@rhythm/api/types/apps-v1';
import type { Pod } from '@rhythm/api/types/core-v1';
import { causeChain } from '@rhythm/base';
import { controllerKey, done, enqueueOn, keyOf, later, runController, type Informer, type ReconcileResult, type RunningController } from '@rhythm/controller';
import type { ControllerContext } from '../../context.ts';
import { claim } from '../../shared/claim.ts';
import { semanticallyEqual } from '../../shared/equality.ts';
import { ownershipIndexes } from '../../shared/indexes.ts';
import { controllerOf, controllerReference } from '../../shared/owners.ts';
import { planDeployment, type DeploymentPlan } from './plan.ts';
import { replicasOf, revisionAnnotation, sameTemplate } from './sets.ts';

const kind = 'Deployment';
const workers = 5;

/** Brings each Deployment's ReplicaSets to its template: rolling update, recreate, rollback, pause, proportional scaling. */
export function startDeployment(context: ControllerContext): RunningController {
  const deployments = context.informers.informer(resources.deployments);
  const sets = context.informers.informer(resources.replicaSets, { indexes: ownershipIndexes });
  const pods = context.informers.informer(resources.pods, { indexes: ownershipIndexes });
  const controller = new DeploymentController(context, deployments, sets, pods);
  const running = runController({ name: 'deployment', reconcile: (key) => controller.reconcile(key), clock: context.clock, log: context.log, workers, synced: [deployments, sets, pods] });
  enqueueOn(deployments, running.queue);
  enqueueOn(sets, running.queue, (set) => (controllerOf(set) === undefined ? controller.selecting(set) : controllerKey(set, kind)));
  // Recreate waits for the last old pod to go.
  pods.addHandler({ onDelete: (pod) => controller.deploymentsOf(pod).forEach((key) => running.enqueue(key)) });
  return running;
}

class DeploymentController {
  readonly #context: ControllerContext;
  readonly #deployments: Informer<Deployment>;
  readonly #sets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #events;

  constructor(context: ControllerContext, deployments: Informer<Deployment>, sets: Informer<ReplicaSet>, pods: Informer<Pod>) {
    this.#context = context;
    this.#deployments = deployments;
    this.#sets = sets;
    this.#pods = pods;
    this.#events = context.events('deployment-controller');
  }

  selecting(set: ReplicaSet): readonly string[] {
    return this.#deployments
      .list()
      .filter((d) => d.metadata.namespace === set.metadata.namespace && matcherOfSelector(d.spec.selector).matches(set.metadata.labels))
      .map(keyOf);
  }

  deploymentsOf(pod: Pod): readonly string[] {
    const owner = controllerOf(pod);
    const set = owner?.kind === 'ReplicaSet' ? this.#sets.get(`${pod.metadata.namespace}/${owner.name}`) : undefined;
    return set === undefined ? [] : controllerKey(set, kind);
  }

  async reconcile(key: string): Promise<ReconcileResult> {
    const deployment = this.#deployments.get(key);
    if (deployment === undefined) return done;
    const sets = await this.#claim(deployment);
    const pods = sets.flatMap((set) => this.#pods.byIndex('controllerUid', set.metadata.uid ?? ''));
    const now = this.#context.clock.now();
    const plan = planDeployment(deployment, sets, pods, now);
    const created = await this.#act(deployment, sets, plan);
    await this.#write(deployment, plan, created);
    return plan.lookAgainAt === undefined ? done : later(Math.max(0, plan.lookAgainAt - now) + 1000);
  }

  async #claim(deployment: Deployment): Promise<readonly ReplicaSet[]> {
    const { namespace = '', name = '', uid } = deployment.metadata;
    return claim({
      owner: deployment,
      reference: controllerReference(deployment, 'apps/v1', kind),
      matcher: matcherOfSelector(deployment.spec.selector),
      resource: resources.replicaSets,
      informer: this.#sets,
      client: this.#context.client,
      stillThere: async () => {
        const current = await this.#context.client.get(resources.deployments, namespace, name);
        return current.metadata.uid === uid && current.metadata.deletionTimestamp === undefined;
      },
    });
  }

  /** Carries the plan out; says how the creation of a set went, for the status. */
  async #act(deployment: Deployment, sets: readonly ReplicaSet[], plan: DeploymentPlan): Promise<'none' | 'created' | 'collided'> {
    const outcome = plan.create === undefined ? 'none' : await this.#create(deployment, plan.create);
    for (const next of plan.update) await this.#update(deployment, sets, next);
    for (const set of plan.delete) await this.#delete(set);
    return outcome;
  }

  async #create(deployment: Deployment, set: ReplicaSet): Promise<'created' | 'collided' | 'none'> {
    const { namespace = '' } = deployment.metadata;
    try {
      await this.#context.client.create(resources.replicaSets, namespace, set);
      if (replicasOf(set) > 0) this.#events.event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${set.metadata.name} from 0 to ${replicasOf(set)}`);
      return 'created';
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) {
        this.#events.event(deployment, 'Warning', 'ReplicaSetCreateError', `Failed to create new replica set "${set.metadata.name}": ${causeChain(error)}`);
        throw error;
      }
      // The name is a function of the template: either our own earlier try, or another template with the same hash.
      const there = await this.#context.client.get(resources.replicaSets, namespace, set.metadata.name ?? '');
      const ours = controllerOf(there)?.uid === deployment.metadata.uid && sameTemplate(there.spec.template, deployment.spec.template);
      return ours ? 'none' : 'collided';
    }
  }

  async #update(deployment: Deployment, sets: readonly ReplicaSet[], next: ReplicaSet): Promise<void> {
    const before = sets.find((set) => set.metadata.uid === next.metadata.uid);
    await this.#context.client.update(resources.replicaSets, next);
    const from = before === undefined ? 0 : replicasOf(before);
    const to = replicasOf(next);
    if (from === to) return;
    this.#events.event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled ${to > from ? 'up' : 'down'} replica set ${next.metadata.name} from ${from} to ${to}`);
  }

  async #delete(set: ReplicaSet): Promise<void> {
    const { namespace = '', name = '', uid } = set.metadata;
    try {
      await this.#context.client.delete(resources.replicaSets, namespace, name, { preconditions: { uid } });
    } catch (error) {
      if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) throw error;
    }
  }

  async #write(deployment: Deployment, plan: DeploymentPlan, outcome: 'none' | 'created' | 'collided'): Promise<void> {
    const collisions = (deployment.status.collisionCount ?? 0) + 1;
    const status = outcome === 'collided' ? { ...plan.status, collisionCount: collisions } : plan.status;
    const { metadata } = deployment;
    const counted = plan.revision === undefined || outcome === 'collided' ? metadata : { ...metadata, annotations: { ...metadata.annotations, [revisionAnnotation]: plan.revision } };
    if (counted === metadata && semanticallyEqual(status, deployment.status)) return;
    // With the status, since annotations that are written with the rest move the generation; and of this version only: what others have written to theirs meanwhile must stay.
    await this.#context.client.update(resources.deployments, { ...deployment, metadata: counted, status }, { subresource: 'status' });
  }
}
