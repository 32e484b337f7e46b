import { ApiError, matcherOfSelector, type KindDefinition, type KubeObject } from '@rhythm/api';
import type { Pod } from '@rhythm/api/types/core-v1';
import type { Eviction, PodDisruptionBudget } from '@rhythm/api/types/policy-v1';
import { formatTime } from '@rhythm/base';
import { checkType } from '../create.ts';
import { checkDeleteOptions, removeObject } from '../delete.ts';
import type { Call, PipelinePorts } from '../ports.ts';
import { objectReader } from '../object-reader.ts';
import { objectResponse, renderingOf, successStatus } from '../respond.ts';
import type { ResourceResponse } from '../../ports/types.ts';

const evictionKind = { group: 'policy', version: 'v1', kind: 'Eviction' };

/** `pods/eviction`: a delete that the pod's disruption budget has to allow. `call.kind` is Pod. */
export async function serveEviction(ports: PipelinePorts, call: Call): Promise<ResourceResponse> {
  const { request, kind } = call;
  const rendering = renderingOf(call);
  const eviction = evictionOf(ports, call);
  checkType(evictionKind, eviction);
  checkDeleteOptions(eviction.deleteOptions ?? {});
  const dryRun = call.dryRun || (eviction.deleteOptions?.dryRun ?? []).includes('All');
  const pod = ports.objects.decode<Pod>(kind, await ports.objects.get(kind, request.namespace, request.name, request.signal));
  if (needsBudget(pod)) await takeFromBudget(ports, call, pod, dryRun);
  if (!dryRun) await removeObject(ports, call, request.name, eviction.deleteOptions ?? {});
  return objectResponse(ports, call, successStatus(kind), rendering, 201);
}

/** The body. kubectl before 1.22 sends policy/v1beta1, which this subresource alone still takes: nothing but its name differs. */
function evictionOf(ports: PipelinePorts, { request }: Call): Eviction {
  const { body, contentType, options } = request;
  const validation = options.fieldValidation ?? 'Warn';
  if (!contentType.includes('protobuf')) {
    const sent = ports.codec.parse(body, contentType);
    if (typeof sent === 'object' && sent !== null && 'apiVersion' in sent && sent.apiVersion === 'policy/v1beta1') {
      return ports.codec.admit(evictionKind, { ...sent, apiVersion: 'policy/v1' }, validation).object as Eviction;
    }
  }
  return ports.codec.decode(evictionKind, body, contentType, validation).object as Eviction;
}

/** Pods that serve nobody may always go. */
function needsBudget(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return pod.metadata.deletionTimestamp === undefined && phase !== 'Pending' && phase !== 'Succeeded' && phase !== 'Failed';
}

async function takeFromBudget(ports: PipelinePorts, call: Call, pod: Pod, dryRun: boolean): Promise<void> {
  const namespace = call.request.namespace;
  const budgets = (await objectReader(ports).list<PodDisruptionBudget>('policy', 'poddisruptionbudgets', namespace)).filter((budget) => covers(budget, pod));
  if (budgets.length > 1) throw new ApiError('InternalError', 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
  const [budget] = budgets;
  const kind = ports.registry.byResource('policy', 'v1', 'poddisruptionbudgets');
  if (budget === undefined || kind === undefined) return;
  const take = (current: KubeObject): { action: 'put'; object: KubeObject } => ({ action: 'put', object: withOneLess(current as PodDisruptionBudget, pod, formatTime(ports.clock.now())) });
  const name = budget.metadata.name ?? '';
  if (dryRun) take(ports.objects.decode(kind, await ports.objects.get(kind, namespace, name, call.request.signal)));
  else await ports.objects.change(kind, namespace, name, take, call.request.signal);
}

function covers(budget: PodDisruptionBudget, pod: Pod): boolean {
  const selector = budget.spec?.selector;
  return selector !== undefined && matcherOfSelector(selector).matches(pod.metadata.labels ?? {});
}

function withOneLess(budget: PodDisruptionBudget, pod: Pod, now: string): PodDisruptionBudget {
  const { status } = budget;
  const name = budget.metadata.name ?? '';
  if (status === undefined || (status.observedGeneration ?? 0) < (budget.metadata.generation ?? 0)) throw refused(`The disruption budget ${name} is still being processed by the server.`);
  if (status.disruptionsAllowed < 1) throw refused(`The disruption budget ${name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`);
  return { ...budget, status: { ...status, disruptionsAllowed: status.disruptionsAllowed - 1, disruptedPods: { ...status.disruptedPods, [pod.metadata.name ?? '']: now } } };
}

function refused(why: string): ApiError {
  return new ApiError('TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", { details: { causes: [{ reason: 'DisruptionBudget', message: why }] } });
}

/** What both subresources of pods need: the kind of the object they act on. */
export function podKind(ports: Pick<PipelinePorts, 'registry'>): KindDefinition {
  const kind = ports.registry.byResource('', 'v1', 'pods');
  if (kind === undefined) throw new ApiError('NotFound', 'pods are not served');
  return kind;
}
