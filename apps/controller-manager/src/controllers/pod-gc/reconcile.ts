import { resources } from '@rhythm/api';
import type { Pod } from '@rhythm/api/types/core-v1';
import { formatTime } from '@rhythm/base';
import { later, runController, type ReconcileResult, type RunningController } from '@rhythm/controller';
import type { ControllerContext } from '../../context.ts';
import { ignoreGone } from '../../shared/ignore-gone.ts';
import { planPodGc } from './plan.ts';

/** One key: the whole cluster is looked at together. */
const sweep = 'sweep';
const periodMs = 20_000;

/** Deletes pods that nobody else will: of nodes that are gone, finished ones beyond the limit, deleted ones that never got a node. */
export function startPodGc(context: ControllerContext): RunningController {
  const { client, clock, log } = context;
  const pods = context.informers.informer(resources.pods);
  const nodes = context.informers.informer(resources.nodes);
  const missingSince = new Map<string, number>();

  async function reconcile(): Promise<ReconcileResult> {
    const known = new Map(nodes.list().map((node) => [node.metadata.name ?? '', node]));
    const named = new Set(pods.list().map((pod) => pod.spec.nodeName ?? ''));
    for (const name of named) if (name !== '' && !known.has(name) && !missingSince.has(name)) missingSince.set(name, clock.now());
    for (const name of missingSince.keys()) if (known.has(name) || !named.has(name)) missingSince.delete(name);
    const plan = planPodGc(pods.list(), known, missingSince, clock.now());
    for (const { pod, why } of plan.delete) {
      if (why === 'orphaned') await markFailed(pod);
      await remove(pod);
      log.info('pod collected', { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, why });
    }
    return later(periodMs);
  }

  /** Owners count failed pods: one that vanished while it ran must be seen to have failed first (KEP-3329). */
  async function markFailed(pod: Pod): Promise<void> {
    if (pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed') return;
    const { namespace = '', name = '', uid } = pod.metadata;
    const condition = { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists', lastTransitionTime: formatTime(clock.now()) };
    await client.patch(resources.pods, namespace, name, 'strategic', { metadata: { uid }, status: { phase: 'Failed', conditions: [condition] } }, { subresource: 'status' }).catch(ignoreGone);
  }

  async function remove(pod: Pod): Promise<void> {
    const { namespace = '', name = '', uid = '' } = pod.metadata;
    await client.delete(resources.pods, namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } }).catch(ignoreGone);
  }

  const running = runController({ name: 'pod-gc', reconcile, clock, log, synced: [pods, nodes] });
  running.enqueue(sweep);
  return running;
}
