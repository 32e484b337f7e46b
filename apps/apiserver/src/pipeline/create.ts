import { ApiError, apiVersionOf, hasReason, invalid, type KindDefinition, type KubeObject } from '@rhythm/api';
import { formatTime, randomSuffix, randomUuid } from '@rhythm/base';
import { limits } from '../limits.ts';
import { CompanionConflict } from '../registry/object-store.ts';
import type { Entry } from '../watch-cache/entry.ts';
import { forbidden } from '../auth/index.ts';
import { Admission } from './admission.ts';
import { managedByCreate } from './field-managers.ts';
import type { Call, PipelinePorts } from './ports.ts';
import { entryResponse, objectResponse, renderingOf } from './respond.ts';
import type { ResourceResponse } from '../ports/types.ts';

/** Longest base of a generated name: the suffix of five must fit into 63. */
const generateBaseMax = 58;

export async function create(ports: PipelinePorts, call: Call): Promise<ResourceResponse> {
  const rendering = renderingOf(call);
  const { body, contentType, options } = call.request;
  for (let attempt = 0; ; attempt++) {
    const { object, warnings } = ports.codec.decode(call.kind, body, contentType, options.fieldValidation ?? 'Warn');
    for (const warning of warnings) call.warnings.add(warning);
    checkType(call.kind, object);
    try {
      const made = await createObject(ports, call, object);
      return 'dry' in made ? objectResponse(ports, call, made.dry, rendering, 201, call.kind) : entryResponse(ports, call, made.entry, rendering, 201);
    } catch (error) {
      if (!(error instanceof CompanionConflict) || attempt >= limits.updateRetriesMax) throw error;
    }
  }
}

/**
 * From a decoded object on: metadata, admission, strategy, validation, store. `object` is the caller's own. `applied`: its
 * managedFields are ours already.
 */
export async function createObject(ports: PipelinePorts, call: Call, object: KubeObject, how: { readonly applied?: boolean } = {}): Promise<{ readonly entry: Entry } | { readonly dry: KubeObject }> {
  const { kind } = call;
  const given = object.metadata.managedFields;
  prepareMetadata(ports, call, object);
  const managed = how.applied === true ? given : managedByCreate(ports, call, object, given);
  if (managed !== undefined) object.metadata.managedFields = managed;
  const admission = new Admission(ports, call, 'CREATE');
  await admission.mutate(object);
  ports.codec.applyDefaults(kind, object);
  kind.prepareForCreate?.(object);
  ports.codec.canonicalise(kind, object);
  const errors = kind.validate?.(object) ?? [];
  if (errors.length > 0) throw invalid(kind, object.metadata.name ?? '', errors);
  for (const warning of kind.warnings?.(object) ?? []) call.warnings.add(warning);
  await admission.validate(object);
  if (call.dryRun) return { dry: object };
  return { entry: await store(ports, call, object, admission) };
}

async function store(ports: PipelinePorts, call: Call, object: KubeObject, admission: Admission): Promise<Entry> {
  const base = object.metadata.generateName;
  const generated = base !== undefined && object.metadata.name?.startsWith(base.slice(0, generateBaseMax)) === true && call.request.name === '' && generatedNames.has(object);
  for (let attempt = 0; ; attempt++) {
    try {
      return await ports.objects.create(call.kind, object, admission.companions);
    } catch (error) {
      if (!generated || !hasReason(error, 'AlreadyExists')) throw error;
      if (attempt >= limits.generateNameRetriesMax) throw noUniqueName(error);
      object.metadata.name = generateName(ports, base);
    }
  }
}

/** The client may try again: the next name may be free. */
function noUniqueName(error: ApiError): ApiError {
  return new ApiError('AlreadyExists', `${error.message}, the server was not able to generate a unique name for the object`, { details: { ...error.details, retryAfterSeconds: 1 }, cause: error });
}

/** Objects whose name we made up: a collision is not the client's. */
const generatedNames = new WeakSet<KubeObject>();

function prepareMetadata(ports: PipelinePorts, call: Call, object: KubeObject): void {
  const { kind, request } = call;
  const { metadata } = object;
  if ((metadata.resourceVersion ?? '') !== '') throw new ApiError('BadRequest', 'resourceVersion should not be set on objects to be created');
  placeInNamespace(kind, object, request.namespace);
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
  delete metadata.managedFields;
  delete metadata.resourceVersion;
  if ((metadata.name ?? '') === '') {
    const base = metadata.generateName ?? '';
    if (base === '') throw invalid(kind, '', [{ type: 'FieldValueRequired', field: 'metadata.name', message: 'Required value: name or generateName is required' }]);
    metadata.name = generateName(ports, base);
    generatedNames.add(object);
  }
  metadata.uid = randomUuid(ports.random);
  metadata.creationTimestamp = formatTime(ports.clock.now());
}

/** A write that creates takes the right to create as well. @throws ApiError Forbidden. */
export async function requireCreate(ports: PipelinePorts, call: Call): Promise<void> {
  const attributes = { ...call.attributes, verb: 'create' };
  const decision = await ports.authorizer.authorize(attributes);
  if (!decision.allowed) throw forbidden(attributes, decision.reason);
}

/** @throws ApiError BadRequest when object and request disagree on the namespace. */
export function placeInNamespace(kind: KindDefinition, object: KubeObject, namespace: string): void {
  const { metadata } = object;
  if (!kind.namespaced) {
    delete metadata.namespace;
    return;
  }
  if ((metadata.namespace ?? '') === '') metadata.namespace = namespace;
  if (metadata.namespace !== namespace) throw new ApiError('BadRequest', `the namespace of the provided object does not match the namespace sent on the request`);
}

/** @throws ApiError BadRequest when the body is of another kind than the path. */
export function checkType(kind: Pick<KindDefinition, 'group' | 'version' | 'kind'>, object: KubeObject): void {
  if (object.apiVersion !== apiVersionOf(kind)) throw new ApiError('BadRequest', `the API version in the data (${object.apiVersion ?? ''}) does not match the expected API version (${apiVersionOf(kind)})`);
  if (object.kind !== kind.kind) throw new ApiError('BadRequest', `the kind in the data (${object.kind ?? ''}) does not match the expected kind (${kind.kind})`);
}

function generateName(ports: PipelinePorts, base: string): string {
  return `${base.slice(0, generateBaseMax)}${randomSuffix(ports.random)}`;
}
