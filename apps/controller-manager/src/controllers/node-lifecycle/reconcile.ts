import { hasReason, resources, withCondition } from '@rhythm/api';
import type { Node, Pod } from '@rhythm/api/types/core-v1';
import { parseTime } from '@rhythm/base';
import { done, enqueueOn, later, runController, type ReconcileResult, type RunningController } from '@rhythm/controller';
import type { ControllerContext } from '../../context.ts';
import { planNode } from './plan.ts';

const leaseNamespace = 'kube-node-lease';
/** Nodes worked on at a time: a hundred that come together are open for pods at once. */
const workers = 8;
/** A node that is not older than this when we first see it has joined, and is told of. */
const newForMs = 5 * 60_000;

/** Says which nodes are alive: conditions and taints of the silent ones, and their pods not ready. */
export function startNodeLifecycle(context: ControllerContext): RunningController {
  const { client, clock, informers } = context;
  const nodes = informers.informer(resources.nodes);
  const leases = informers.informer(resources.leases, { namespace: leaseNamespace });
  const pods = informers.informer(resources.pods, { indexes: { nodeName: (pod) => [pod.spec.nodeName ?? ''] } });
  const events = context.events('node-controller');
  /** When a node last showed a sign of life, by our own clock: those of nodes may be wrong. */
  const seen = new Map<string, { readonly sign: string; readonly at: number; /** The Lease's time as we asked for it. */ readonly asked?: string }>();

  function silentSince(node: Node): number {
    const name = node.metadata.name ?? '';
    const heartbeats = (node.status.conditions ?? []).map((c) => c.lastHeartbeatTime ?? '').join();
    const sign = `${leases.get(`${leaseNamespace}/${name}`)?.spec.renewTime ?? ''}/${heartbeats}/${node.metadata.uid}`;
    const before = seen.get(name);
    if (before?.sign === sign) return before.at;
    seen.set(name, { sign, at: clock.now() });
    return clock.now();
  }

  /** Asks the API itself for a sign of life that the informer has not seen yet, and notes it. */
  async function hasSpoken(node: Node): Promise<boolean> {
    const name = node.metadata.name ?? '';
    const before = seen.get(name);
    const known = before?.asked ?? leases.get(`${leaseNamespace}/${name}`)?.spec.renewTime ?? '';
    const { spec } = await client.get(resources.leases, leaseNamespace, name).catch((error: unknown) => {
      if (hasReason(error, 'NotFound')) return { spec: { renewTime: known } };
      throw error;
    });
    const asked = spec.renewTime ?? '';
    if (asked === known || before === undefined) return false;
    seen.set(name, { ...before, at: clock.now(), asked });
    return true;
  }

  async function reconcile(name: string): Promise<ReconcileResult> {
    const node = nodes.get(name);
    if (node === undefined) {
      seen.delete(name);
      return done;
    }
    const now = clock.now();
    let plan = planNode(node, silentSince(node), now);
    // We may be the one who heard nothing: stopped for a while, or behind in what we watch.
    if (plan.conditions !== undefined && (await hasSpoken(node))) plan = planNode(node, silentSince(node), now);
    let current = node;
    if (plan.conditions !== undefined) {
      current = await client.update(resources.nodes, { ...current, status: { ...current.status, conditions: [...plan.conditions] } }, { subresource: 'status' });
      events.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    }
    if (plan.taints !== undefined) await client.update(resources.nodes, { ...current, spec: { ...current.spec, taints: [...plan.taints] } });
    if (plan.podsNotReady) await Promise.all(pods.byIndex('nodeName', name).map(markNotReady));
    return plan.lookAgainAt === undefined ? done : later(Math.max(1, plan.lookAgainAt - now));
  }

  async function markNotReady(pod: Pod): Promise<void> {
    if ((pod.status.conditions ?? []).find((c) => c.type === 'Ready')?.status !== 'True') return;
    const { namespace = '', name = '' } = pod.metadata;
    const conditions = withCondition(pod.status.conditions, { type: 'Ready', status: 'False', reason: 'NodeNotReady', message: 'Node is not ready' }, clock.now());
    try {
      await client.patch(resources.pods, namespace, name, 'strategic', { metadata: { uid: pod.metadata.uid }, status: { conditions: conditions.filter((c) => c.type === 'Ready') } }, { subresource: 'status' });
    } catch (error) {
      if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) throw error;
    }
  }

  const running = runController({ name: 'node-lifecycle', reconcile, clock, log: context.log, workers, synced: [nodes, leases, pods] });
  const startedAt = clock.now();
  nodes.addHandler({
    onAdd: (node) => {
      // Of nodes that have joined of late, before we watched as well, but not of each at each of our starts.
      const name = node.metadata.name ?? '';
      if ((parseTime(node.metadata.creationTimestamp ?? '') ?? 0) + newForMs >= startedAt) events.event(node, 'Normal', 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
    },
  });
  enqueueOn(nodes, running.queue);
  enqueueOn(leases, running.queue, (lease) => [lease.metadata.name ?? '']);
  return running;
}
