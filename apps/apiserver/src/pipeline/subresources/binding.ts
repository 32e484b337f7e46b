import { ApiError, conflict, invalid, type KubeObject } from '@rhythm/api';
import type { Binding, Pod } from '@rhythm/api/types/core-v1';
import { formatTime } from '@rhythm/base';
import { Admission } from '../admission.ts';
import { checkType } from '../create.ts';
import type { Call, PipelinePorts } from '../ports.ts';
import { objectResponse, renderingOf, successStatus } from '../respond.ts';
import type { ResourceResponse } from '../../ports/types.ts';

const pods = { group: '', resource: 'pods' };
const bindingKind = { group: '', version: 'v1', kind: 'Binding' };

/** `pods/binding` (and the older `bindings`): gives a pod to a node, once. `call.kind` is Pod. */
export async function serveBinding(ports: PipelinePorts, call: Call): Promise<ResourceResponse> {
  const { request, kind } = call;
  const rendering = renderingOf(call);
  const binding = ports.codec.decode(bindingKind, request.body, request.contentType, request.options.fieldValidation ?? 'Warn').object as Binding;
  checkType(bindingKind, binding);
  const name = request.name === '' ? (binding.metadata.name ?? '') : request.name;
  if (name !== (binding.metadata.name ?? '')) throw new ApiError('BadRequest', 'name in URL does not match name in Binding object');
  const target = binding.target;
  if ((target?.name ?? '') === '') throw invalid({ group: '', kind: 'Binding' }, name, [{ type: 'FieldValueRequired', field: 'target.name', message: 'Required value' }]);
  if ((target.kind ?? '') !== '' && target.kind !== 'Node') throw invalid({ group: '', kind: 'Binding' }, name, [{ type: 'FieldValueNotSupported', field: 'target.kind', message: `Unsupported value: ${JSON.stringify(target.kind)}: supported values: "Node"` }]);
  const admission = new Admission(ports, call, 'CREATE');
  await admission.mutate(binding);
  await admission.validate(binding);
  const decide = (current: KubeObject): { action: 'put'; object: KubeObject } => ({ action: 'put', object: bound(current as Pod, binding, formatTime(ports.clock.now())) });
  if (call.dryRun) decide(ports.objects.decode(kind, await ports.objects.get(kind, request.namespace, name, request.signal)));
  else await ports.objects.change(kind, request.namespace, name, decide, request.signal);
  return objectResponse(ports, call, successStatus(kind), rendering, 201);
}

function bound(pod: Pod, binding: Binding, now: string): Pod {
  const name = pod.metadata.name ?? '';
  const { uid, resourceVersion } = binding.metadata;
  if ((uid ?? '') !== '' && uid !== pod.metadata.uid) throw conflict(pods, name, `Precondition failed: UID in precondition: ${uid ?? ''}, UID in object meta: ${pod.metadata.uid ?? ''}`);
  if ((resourceVersion ?? '') !== '' && resourceVersion !== pod.metadata.resourceVersion) throw conflict(pods, name, 'the object has been modified; please apply your changes to the latest version and try again');
  if (pod.metadata.deletionTimestamp !== undefined) throw conflict(pods, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  if ((pod.spec?.nodeName ?? '') !== '') throw conflict(pods, name, `pod ${name} is already assigned to node ${JSON.stringify(pod.spec?.nodeName)}`);
  if ((pod.spec?.schedulingGates ?? []).length > 0) throw conflict(pods, name, `pod ${name} has non-empty .spec.schedulingGates`);
  if (pod.spec === undefined) throw new ApiError('InternalError', `pod ${name} has no spec`);
  const conditions = (pod.status?.conditions ?? []).filter((condition) => condition.type !== 'PodScheduled');
  const annotations = { ...pod.metadata.annotations, ...binding.metadata.annotations };
  const labels = { ...pod.metadata.labels, ...binding.metadata.labels };
  return {
    ...pod,
    metadata: { ...pod.metadata, ...(Object.keys(annotations).length === 0 ? {} : { annotations }), ...(Object.keys(labels).length === 0 ? {} : { labels }) },
    spec: { ...pod.spec, nodeName: binding.target.name },
    status: { ...pod.status, conditions: [...conditions, { type: 'PodScheduled', status: 'True', lastTransitionTime: now }] },
  };
}
