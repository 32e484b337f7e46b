import { ApiError, apiVersionOf, formatLabelSelector, invalid, type KindDefinition, type KubeObject } from '@rhythm/api';
import type { Scale } from '@rhythm/api/types/autoscaling-v1';
import type { LabelSelector } from '@rhythm/api/types/meta-v1';
import { configurationOf, decideApply } from '../apply.ts';
import { readScale, writeReplicas } from '../../custom/scale-paths.ts';
import { checkType } from '../create.ts';
import { isApply } from '../field-managers.ts';
import type { Call, PipelinePorts } from '../ports.ts';
import { objectResponse, renderingOf } from '../respond.ts';
import type { ResourceResponse } from '../../ports/types.ts';
import { decideUpdate, patcherOf } from '../update.ts';

const scaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

interface Scaled extends KubeObject {
  spec?: { replicas?: number; selector?: LabelSelector | Record<string, string> };
  status?: { replicas?: number };
}

/** `/scale` of workloads: how many replicas are wanted and are there, without the rest of the object. */
export async function serveScale(ports: PipelinePorts, call: Call): Promise<ResourceResponse> {
  const { kind, request } = call;
  if (request.verb === 'get') {
    const entry = await ports.objects.get(kind, request.namespace, request.name, request.signal);
    const object = ports.objects.decode<Scaled>(kind, entry);
    if (kind.custom?.scale !== undefined && readScale(kind, object)?.wanted === undefined) throw new ApiError('InternalError', `Internal error occurred: the spec replicas field ${JSON.stringify(kind.custom.scale.specReplicasPath)} does not exist`);
    return respond(ports, call, scaleOf(kind, object));
  }
  const main: Call = { ...call, request: { ...request, subresource: '' } };
  if (isApply(request)) {
    const configuration = parentConfiguration(kind, (await configurationOf(ports, call, scaleKind)) as Scale);
    return answer(ports, call, (current) => decideApply(ports, main, current, configuration, 'scale'));
  }
  const next = wantedScale(ports, call);
  return answer(ports, call, (current) => {
    const scale = next(scaleOf(kind, current as Scaled));
    if (kind.custom === undefined) checkScale(ports, scale, request.name);
    const object = JSON.parse(JSON.stringify(current)) as Scaled;
    if (kind.custom === undefined) object.spec = { ...object.spec, replicas: scale.spec?.replicas ?? 0 };
    else writeReplicas(kind, object, scale.spec?.replicas ?? 0);
    object.metadata.resourceVersion = scale.metadata.resourceVersion ?? '';
    return decideUpdate(ports, main, current, object, { as: 'scale' });
  });
}

/** Changes the workload, or with `dryRun` would; either way the answer is its scale. */
async function answer(ports: PipelinePorts, call: Call, decide: (current: KubeObject) => ReturnType<typeof decideUpdate>): Promise<ResourceResponse> {
  const { kind, request } = call;
  // Refused before anything is written.
  renderingOf(call);
  if (call.dryRun) {
    const current = ports.objects.decode<Scaled>(kind, await ports.objects.get(kind, request.namespace, request.name, request.signal));
    const outcome = await decide(current);
    return respond(ports, call, scaleOf(kind, outcome.action === 'put' ? (outcome.object as Scaled) : current));
  }
  const result = await ports.objects.change(kind, request.namespace, request.name, decide, request.signal);
  return respond(ports, call, scaleOf(kind, ports.objects.decode<Scaled>(kind, result.entry)));
}

/** What is wrong with a scale is said of the scale, and not of what it scales. */
function checkScale(ports: PipelinePorts, scale: Scale, name: string): void {
  const definition = ports.registry.byKind('autoscaling', 'v1', 'Scale');
  const errors = definition?.validate?.(scale) ?? [];
  if (errors.length > 0) throw invalid(scaleKind, name, errors);
}

function respond(ports: PipelinePorts, call: Call, scale: Scale): ResourceResponse {
  return objectResponse(ports, call, scale, renderingOf(call), 200, ports.registry.byKind('autoscaling', 'v1', 'Scale'));
}

/** What is applied to the scale, as it is applied to the workload. */
function parentConfiguration(kind: KindDefinition, scale: Scale): KubeObject {
  const { name, namespace, uid, resourceVersion } = scale.metadata;
  const replicas = scale.spec?.replicas;
  const metadata = Object.fromEntries(Object.entries({ name, namespace, uid, resourceVersion }).filter(([, value]) => value !== undefined));
  const parent = { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata, ...(replicas === undefined || kind.custom !== undefined ? {} : { spec: { replicas } }) };
  if (kind.custom !== undefined && replicas !== undefined) writeReplicas(kind, parent, replicas);
  return parent;
}

function wantedScale(ports: PipelinePorts, call: Call): (current: Scale) => Scale {
  const { request } = call;
  const validation = request.options.fieldValidation ?? 'Warn';
  if (request.verb === 'patch') {
    const apply = patcherOf(ports, call);
    return (current) => ports.codec.admit(scaleKind, apply(scaleKind, current), validation).object as Scale;
  }
  const { object } = ports.codec.decode(scaleKind, request.body, request.contentType, validation);
  checkType(scaleKind, object);
  return () => object as Scale;
}

function scaleOf(kind: KindDefinition, object: Scaled): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const custom = readScale(kind, object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: (custom === undefined ? object.spec?.replicas : custom.wanted) ?? 0 },
    status: custom === undefined ? { replicas: object.status?.replicas ?? 0, selector: selectorText(kind, object) } : { replicas: custom.present, selector: custom.selector },
  };
}

function selectorText(kind: KindDefinition, object: Scaled): string {
  const selector = object.spec?.selector;
  if (selector === undefined) return '';
  if (kind.plural === 'replicationcontrollers') return formatLabelSelector({ matchLabels: selector as Record<string, string> });
  return formatLabelSelector(selector as LabelSelector);
}
