import { ApiError, apiVersionOf, applyConfiguration, checkConfiguration, conflict, encodeManagers, hasReason, notFound, parseBody, repeatedKeys, storedManagers, type KindDefinition, type KubeObject, type ParsedBody } from '@rhythm/api';
import { formatTime } from '@rhythm/base';
import { limits } from '../limits.ts';
import { resourceOf, type Outcome } from '../registry/object-store.ts';
import { createObject, placeInNamespace, requireCreate } from './create.ts';
import { skippedBy, versionsOf, writerOf } from './field-managers.ts';
import { schemaOf } from './codec.ts';
import type { Call, PipelinePorts } from './ports.ts';
import { entryResponse, objectResponse, renderingOf } from './respond.ts';
import type { ResourceRequest, ResourceResponse } from '../ports/types.ts';
import { changeWith, checkIdentity, decideUpdate } from './update.ts';
import { jsonOfYaml } from './yaml-body.ts';

/** PATCH with `application/apply-patch+yaml`: server-side apply. What is not there is created. */
export async function apply(ports: PipelinePorts, call: Call): Promise<ResourceResponse> {
  const configuration = await configurationOf(ports, call, call.kind);
  for (let attempt = 0; ; attempt++) {
    try {
      return await changeWith(ports, call, (current) => decideApply(ports, call, current, configuration));
    } catch (error) {
      if (call.request.subresource !== '' || !hasReason(error, 'NotFound')) throw error;
    }
    try {
      return await createApplied(ports, call, configuration);
    } catch (error) {
      // Somebody else was faster: then it is there to be changed.
      if (!hasReason(error, 'AlreadyExists') || attempt >= limits.updateRetriesMax) throw error;
    }
  }
}

/** The body of an apply for an object of `kind`. Duplicate fields are told or refused as for other writes. */
export async function configurationOf(ports: PipelinePorts, call: Call, kind: Pick<KindDefinition, 'group' | 'version' | 'kind'>): Promise<KubeObject> {
  const { options } = call.request;
  const { value, duplicates, repeated } = await parseConfiguration(ports, call.request);
  if (duplicates.length > 0 && options.fieldValidation === 'Strict') throw new ApiError('BadRequest', `error strict decoding YAML: ${repetition(repeated, duplicates)}`);
  if (options.fieldValidation !== 'Ignore') for (const path of duplicates) call.warnings.add(`duplicate field "${path}"`);
  checkType(kind, value);
  return checkConfiguration(schemaOf(kind), value, { group: kind.group, version: kind.version, kind: kind.kind });
}

function repetition(lines: readonly string[], duplicates: readonly string[]): string {
  if (lines.length === 0) return duplicates.map((path) => `duplicate field "${path}"`).join(', ');
  return `error converting YAML to JSON: yaml: unmarshal errors:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/** JSON of more is not read again as YAML, only to say in which line a key stands twice. */
const lineOfRepeatedMarksMax = 300;

/** JSON is YAML too, but its own reader is faster, and says better what is wrong. */
async function parseConfiguration(ports: PipelinePorts, { body, options, signal }: ResourceRequest): Promise<ParsedBody & { readonly repeated: readonly string[] }> {
  const first = body.find((byte) => byte > 0x20);
  const asYaml = async (): Promise<ParsedBody & { readonly repeated: readonly string[] }> => {
    const { json, repeated } = await jsonOfYaml(ports, body, { tellsRepeated: options.fieldValidation === 'Strict', signal });
    return { ...parseBody(json, 'application/json'), repeated };
  };
  if (first !== 0x7b) return asYaml();
  try {
    const parsed = parseBody(body, 'application/json');
    return { ...parsed, repeated: parsed.duplicates.length === 0 ? [] : repeatedKeys(body, lineOfRepeatedMarksMax) };
  } catch (error) {
    if (!hasReason(error, 'BadRequest')) throw error;
    // `{a: b}` is a map in YAML alone.
    return asYaml().catch((again: unknown) => Promise.reject(hasReason(again, 'BadRequest') ? error : again));
  }
}

function checkType(kind: Pick<KindDefinition, 'group' | 'version' | 'kind'>, value: unknown): void {
  const given = (typeof value === 'object' && value !== null ? value : {}) as { readonly apiVersion?: unknown; readonly kind?: unknown };
  const expected = apiVersionOf(kind);
  if (given.apiVersion !== expected) throw new ApiError('BadRequest', `Incorrect version specified in apply patch. Specified patch version: ${text(given.apiVersion)}, expected: ${expected}`);
  if (given.kind !== kind.kind) throw new ApiError('BadRequest', `the kind in the data (${text(given.kind)}) does not match the expected kind (${kind.kind})`);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 128) : '';
}

/** What an apply makes of the present object. `subresource`: whose name the ownership is kept under. */
export function decideApply(ports: PipelinePorts, call: Call, current: KubeObject, configuration: KubeObject, subresource = call.request.subresource): Promise<Outcome> {
  const { kind, request } = call;
  const { managedFields, ...metadata } = current.metadata;
  const { object, managers } = applyConfiguration({
    versions: versionsOf(ports.registry, kind),
    live: { ...current, metadata },
    managers: storedManagers(managedFields),
    configuration,
    writer: writerOf(call, 'Apply', subresource),
    force: request.options.force === true,
    skip: skippedBy(kind, subresource),
    now: formatTime(ports.clock.now()),
  });
  const next = ports.codec.admit(kind, object, 'Ignore').object;
  checkIdentity(kind, next, current);
  next.metadata.managedFields = encodeManagers(managers);
  return decideUpdate(ports, call, current, next, { applied: true });
}

async function createApplied(ports: PipelinePorts, call: Call, configuration: KubeObject): Promise<ResourceResponse> {
  const { kind, request } = call;
  const { uid } = configuration.metadata;
  if ((uid ?? '') !== '') throw conflict(resourceOf(kind), request.name, `uid mismatch: the provided object specified uid ${uid ?? ''}, and no existing object was found`);
  if ((configuration.metadata.resourceVersion ?? '') !== '') throw notFound(resourceOf(kind), request.name);
  await requireCreate(ports, call);
  const { object, managers } = applyConfiguration({
    versions: versionsOf(ports.registry, kind),
    live: undefined,
    managers: [],
    configuration,
    writer: writerOf(call, 'Apply'),
    force: false,
    skip: skippedBy(kind, ''),
    now: formatTime(ports.clock.now()),
  });
  const next = ports.codec.admit(kind, object, 'Ignore').object;
  placeInNamespace(kind, next, request.namespace);
  if ((next.metadata.name ?? '') === '') next.metadata.name = request.name;
  checkIdentity(kind, next, { metadata: { name: request.name, namespace: request.namespace } });
  next.metadata.managedFields = encodeManagers(managers);
  const made = await createObject(ports, call, next, { applied: true });
  return 'dry' in made ? objectResponse(ports, call, made.dry, renderingOf(call), 201, kind) : entryResponse(ports, call, made.entry, renderingOf(call), 201);
}
