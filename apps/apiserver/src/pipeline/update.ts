import { ApiError, applyPatch, conflict, hasReason, invalid, patchTypeOf, type KindDefinition, type KubeObject } from '@rhythm/api';
import { checkPreconditions, isFinished } from '../registry/deletion.ts';
import { resourceOf, type Outcome } from '../registry/object-store.ts';
import { Admission } from './admission.ts';
import { checkType, createObject, placeInNamespace, requireCreate } from './create.ts';
import { schemaOf } from './codec.ts';
import { keepTimes, managedByUpdate } from './field-managers.ts';
import type { Call, PipelinePorts } from './ports.ts';
import { entryResponse, objectResponse, renderingOf } from './respond.ts';
import type { ResourceResponse } from '../ports/types.ts';
import { viewOf } from './view.ts';

/** Kinds that a PUT may bring into being. */
const createdByUpdate = new Set(['/endpoints', '/events', '/limitranges', 'coordination.k8s.io/leases', 'discovery.k8s.io/endpointslices', 'rbac.authorization.k8s.io/roles', 'rbac.authorization.k8s.io/rolebindings', 'rbac.authorization.k8s.io/clusterroles', 'rbac.authorization.k8s.io/clusterrolebindings']);

/** PUT. Without a resourceVersion in the body it overwrites whatever is there. */
export async function update(ports: PipelinePorts, call: Call): Promise<ResourceResponse> {
  const { request, kind } = call;
  const first = replacement(ports, call);
  const { uid = '', resourceVersion = '' } = first.metadata;
  // Each attempt changes the object that it is given.
  let unused: KubeObject | undefined = first;
  const next = (): KubeObject => {
    const object = unused ?? replacement(ports, call);
    unused = undefined;
    return object;
  };
  try {
    return await changeWith(ports, call, (current) => decideUpdate(ports, call, current, next()));
  } catch (error) {
    const mayCreate = createdByUpdate.has(`${kind.group}/${kind.plural}`) && request.subresource === '' && resourceVersion === '' && uid === '';
    if (!mayCreate || !hasReason(error, 'NotFound')) throw error;
    await requireCreate(ports, call);
    const made = await createObject(ports, call, next());
    return 'dry' in made ? objectResponse(ports, call, made.dry, renderingOf(call), 201, kind) : entryResponse(ports, call, made.entry, renderingOf(call), 201);
  }
}

/** The object in the body of a PUT. @throws ApiError BadRequest when it is not the one of the URL. */
function replacement(ports: PipelinePorts, call: Call): KubeObject {
  const { request, kind } = call;
  const { object, warnings } = ports.codec.decode(kind, request.body, request.contentType, request.options.fieldValidation ?? 'Warn');
  for (const warning of warnings) call.warnings.add(warning);
  checkType(kind, object);
  placeInNamespace(kind, object, request.namespace);
  if ((object.metadata.name ?? '') === '') object.metadata.name = request.name;
  if (object.metadata.name !== request.name) throw new ApiError('BadRequest', `the name of the object (${object.metadata.name ?? ''}) does not match the name on the URL (${request.name})`);
  return object;
}

/** PATCH: JSON patch, merge patch, strategic merge patch. */
export async function patch(ports: PipelinePorts, call: Call): Promise<ResourceResponse> {
  const { kind } = call;
  const applied = patcherOf(ports, call);
  return changeWith(ports, call, (current) => {
    const { object, warnings } = patched(ports, call, applied(kind, current));
    for (const warning of warnings) call.warnings.add(warning);
    checkIdentity(kind, object, current);
    return decideUpdate(ports, call, current, object);
  });
}

/** Reads what a patch has made. What cannot be read as the kind is the patch's fault, and there is an object: not BadRequest but Invalid. */
function patched(ports: PipelinePorts, { kind, request }: Call, value: object): ReturnType<PipelinePorts['codec']['admit']> {
  try {
    checkType(kind, value as KubeObject);
    return ports.codec.admit(kind, value, request.options.fieldValidation ?? 'Warn');
  } catch (error) {
    const unreadable = hasReason(error, 'BadRequest') && !error.message.includes('strict decoding error');
    if (!unreadable) throw error;
    throw invalid({ group: '', kind: '' }, '', [{ type: 'FieldValueInvalid', field: 'patch', message: `Invalid value: ${error.message}` }]);
  }
}

/** The patch of a request, ready to be applied to any state of the object. @throws ApiError UnsupportedMediaType, BadRequest. */
export function patcherOf(ports: PipelinePorts, call: Call): (kind: Pick<KindDefinition, 'group' | 'version' | 'kind'>, current: object) => object {
  const { contentType, body } = call.request;
  const type = patchTypeOf(contentType);
  const isCustom = call.kind.custom !== undefined && call.request.subresource !== 'scale';
  if (type === undefined || (type === 'strategic' && isCustom)) {
    const strategic = isCustom ? '' : 'application/strategic-merge-patch+json, ';
    throw new ApiError('UnsupportedMediaType', `the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, ${strategic}application/apply-patch+yaml`);
  }
  const document = ports.codec.parse(body, 'application/json');
  const spares = type !== 'json' && !speaksOfOwners(document);
  return (kind, current) => applyPatch(type, schemaOf(kind), spares ? withoutOwners(current) : current, document);
}

/** Whether a merge has anything to say about who owns which fields: `undefined` there means that all stays. */
function speaksOfOwners(document: unknown): boolean {
  const metadata = (document as { readonly metadata?: unknown } | null)?.metadata;
  if (metadata === undefined) return false;
  return typeof metadata !== 'object' || metadata === null || Object.keys(metadata).some((key) => key.startsWith('$') || key === 'managedFields');
}

/** Ownership is half of many objects: it is not copied, read and compared for nothing. */
function withoutOwners(current: object): object {
  const { metadata } = current as Partial<KubeObject>;
  if (metadata?.managedFields === undefined) return current;
  const { managedFields: _managedFields, ...rest } = metadata;
  return { ...current, metadata: rest };
}

/** Changes the object of a call as `decide` says, or with `dryRun` shows what it would be. `decide` may run more than once. */
export async function changeWith(ports: PipelinePorts, call: Call, decide: (current: KubeObject) => Promise<Outcome>): Promise<ResourceResponse> {
  const { request, kind } = call;
  const rendering = renderingOf(call);
  if (call.dryRun) {
    const current = ports.objects.decode(kind, await ports.objects.get(kind, request.namespace, request.name, request.signal));
    const outcome = await decide(current);
    return objectResponse(ports, call, shownOf(outcome) ?? current, rendering, 200, kind);
  }
  let outcome: Outcome = { action: 'keep' };
  const result = await ports.objects.change(kind, request.namespace, request.name, async (current) => (outcome = await decide(current)), request.signal);
  // A write that took the last finalizer is answered with what it made of the object, which has gone.
  const shown = result.removed ? shownOf(outcome) : undefined;
  return shown === undefined ? entryResponse(ports, call, result.entry, rendering) : objectResponse(ports, call, shown, rendering, 200, kind);
}

function shownOf(outcome: Outcome): KubeObject | undefined {
  return outcome.action === 'put' ? outcome.object : outcome.action === 'remove' ? outcome.shown : undefined;
}

/**
 * What an update makes of the present object; `next` is what the client wants it to be, a copy of our own. `applied`: its managedFields
 * are ours already. `as`: the subresource under which ownership is kept.
 */
export async function decideUpdate(ports: PipelinePorts, call: Call, current: KubeObject, next: KubeObject, how: { readonly applied?: boolean; readonly as?: string } = {}): Promise<Outcome> {
  const { kind, request } = call;
  const given = next.metadata.managedFields;
  checkVersion(kind, next, current);
  if ((next.metadata.uid ?? '') !== '') checkPreconditions(kind, current, { preconditions: { uid: next.metadata.uid ?? '' } });
  keepSystemMetadata(kind, next, current);
  const admission = new Admission(ports, call, 'UPDATE');
  const view = viewOf(kind, request.subresource);
  const object = view.restrict(next, current);
  const record = (): void => setManagedFields(object, how.applied === true ? given : managedByUpdate(ports, call, current, object, given, how.as ?? request.subresource));
  // What admission and strategy add is nobody's; a subresource's write is only known once the strategy has cut it to size.
  if (view.main) record();
  await admission.mutate(object, current);
  if (view.main) {
    ports.codec.applyDefaults(kind, object);
    // What the strategy compares must be spelled alike.
    ports.codec.canonicalise(kind, object);
  }
  view.prepare(object, current);
  if (!view.main) record();
  ports.codec.canonicalise(kind, object);
  const errors = view.validate(object, current);
  if (errors.length > 0) throw invalid(kind, current.metadata.name ?? '', errors);
  // Whoever changes nothing of the spec has heard it before.
  if (view.main && object.metadata.generation !== current.metadata.generation) for (const warning of kind.warnings?.(object, current) ?? []) call.warnings.add(warning);
  await admission.validate(object, current);
  keepTimes(object, current);
  if (isFinished(kind, object)) return { action: 'remove', companions: [...admission.companions, ...admission.companionsOfRemoved(current)], shown: { ...object, metadata: { ...object.metadata, ...(current.metadata.resourceVersion === undefined ? {} : { resourceVersion: current.metadata.resourceVersion }) } } };
  return { action: 'put', object, companions: admission.companions };
}

function setManagedFields(object: KubeObject, entries: KubeObject['metadata']['managedFields']): void {
  if (entries === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = entries;
}

function checkVersion(kind: KindDefinition, next: KubeObject, current: KubeObject): void {
  const wanted = next.metadata.resourceVersion ?? '';
  if (wanted === '' || wanted === current.metadata.resourceVersion) return;
  throw conflict(resourceOf(kind), current.metadata.name ?? '', 'the object has been modified; please apply your changes to the latest version and try again');
}

export function checkIdentity(kind: KindDefinition, next: KubeObject, current: Pick<KubeObject, 'metadata'>): void {
  if (next.metadata.name !== current.metadata.name) throw new ApiError('BadRequest', `the name of the object (${next.metadata.name ?? ''}) does not match the name on the URL (${current.metadata.name ?? ''})`);
  if (kind.namespaced && next.metadata.namespace !== current.metadata.namespace) throw new ApiError('BadRequest', 'the namespace of the object does not match the namespace on the URL');
}

/** What only the server says about an object. */
function keepSystemMetadata(kind: KindDefinition, next: KubeObject, current: KubeObject): void {
  const fields = ['uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'generation', 'generateName', 'resourceVersion'] as const;
  for (const field of fields) {
    if (current.metadata[field] === undefined) delete next.metadata[field];
    else (next.metadata as Record<string, unknown>)[field] = current.metadata[field];
  }
  delete next.metadata.selfLink;
  delete next.metadata.managedFields;
}
