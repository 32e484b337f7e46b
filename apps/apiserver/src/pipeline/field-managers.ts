import { apiVersionOf, blankObject, decodeManagers, encodeManagers, fromStored, isReset, managerOf, storedManagers, toStored, trackCreate, trackUpdate, type KindDefinition, type KindRegistry, type KubeObject, type Manager, type Versions, type Writer } from '@rhythm/api';
import type { ManagedFieldsEntry } from '@rhythm/api/types/meta-v1';
import { formatTime } from '@rhythm/base';
import { deepEqual } from '../registry/deep-equal.ts';
import { schemaOf } from './codec.ts';
import type { Call, PipelinePorts } from './ports.ts';
import type { ResourceRequest } from '../ports/types.ts';

type Entries = ManagedFieldsEntry[] | undefined;

/** Content type of server-side apply; its body may be YAML or JSON. */
export function isApply(request: Pick<ResourceRequest, 'verb' | 'contentType'>): boolean {
  return request.verb === 'patch' && /^application\/apply-patch\+(yaml|json)\s*(;|$)/i.test(request.contentType);
}

/** Who writes with this call. */
export function writerOf(call: Call, operation: Writer['operation'], subresource = call.request.subresource): Writer {
  const { options, userAgent } = call.request;
  return { manager: managerOf(options.fieldManager, userAgent), operation, apiVersion: apiVersionOf(call.kind), subresource };
}

/** The managedFields of a new object. `given` is what the client sent of them: a restored backup keeps its owners. */
export function managedByCreate(ports: PipelinePorts, call: Call, object: KubeObject, given: Entries): Entries {
  const change = { versions: versionsOf(ports.registry, call.kind), before: blankObject(schemaOf(call.kind)), after: object, skip: skippedBy(call.kind, '') };
  const managers = managersOf(given, undefined);
  const writer = writerOf(call, 'Update', '');
  const now = formatTime(ports.clock.now());
  return encodeManagers(managers.length === 0 ? trackCreate(change, writer, now) : trackUpdate(managers, change, writer, now));
}

/**
 * The managedFields of an object after an update, those of `current` when nothing changes hands. An object that nobody's writes were
 * kept of stays so until it is applied.
 */
export function managedByUpdate(ports: PipelinePorts, call: Call, current: KubeObject, object: KubeObject, given: Entries, subresource: string): Entries {
  const { managedFields: stored } = current.metadata;
  const own = subresource !== '' || given === undefined || deepEqual(given, stored);
  const managers = own ? storedManagers(stored) : managersOf(given, stored);
  if (managers.length === 0) return undefined;
  const change = { versions: versionsOf(ports.registry, call.kind), before: current, after: object, skip: skippedBy(call.kind, subresource) };
  const now = trackUpdate(managers, change, writerOf(call, 'Update', subresource), formatTime(ports.clock.now()));
  return now === managers && own ? stored : encodeManagers(now);
}

/** What a client sent when it is of use, else what is stored. */
export function managersOf(given: Entries, stored: Entries): readonly Manager[] {
  if (isReset(given)) return [];
  const managers = decodeManagers(given) ?? [];
  return managers.length > 0 ? managers : storedManagers(stored);
}

/** A write that says nothing new must not be one for the sake of its time: then the entries are those of `current`. */
export function keepTimes(object: KubeObject, current: KubeObject): void {
  const { managedFields: before, ...was } = current.metadata;
  const { managedFields: after, ...is } = object.metadata;
  if (before === after || before === undefined || after?.length !== before.length) return;
  const timeless = (entries: readonly ManagedFieldsEntry[]): readonly object[] => entries.map(({ time: _time, ...rest }) => rest);
  // Metadata first: of most writes that is enough.
  if (!deepEqual(is, was) || !deepEqual({ ...object, metadata: undefined }, { ...current, metadata: undefined }) || !deepEqual(timeless(before), timeless(after))) return;
  object.metadata.managedFields = before;
}

/** Members of an object that a write to it or to a subresource of it never changes. */
export function skippedBy(kind: KindDefinition, subresource: string): (name: string) => boolean {
  if (subresource === 'status') return (name) => name !== 'status' && name !== 'metadata';
  const hasStatus = kind.subresources.some((sub) => sub.name === 'status');
  return subresource === '' && hasStatus ? (name) => name === 'status' : () => false;
}

const versions = new WeakMap<KindDefinition, Versions>();

/** The versions in which the objects of a kind are served. */
export function versionsOf(registry: KindRegistry, kind: KindDefinition): Versions {
  let known = versions.get(kind);
  if (known === undefined) versions.set(kind, (known = newVersions(registry, kind)));
  return known;
}

function newVersions(registry: KindRegistry, kind: KindDefinition): Versions {
  const apiVersion = apiVersionOf(kind);
  const stored = registry.storageOf(kind);
  const twin = (other: string): KindDefinition | undefined => registry.kinds.find((k) => k.kind === kind.kind && apiVersionOf(k) === other && registry.storageOf(k) === stored);
  const converted = (from: KindDefinition, to: KindDefinition, object: object): KubeObject => {
    const copy = structuredClone(object) as KubeObject;
    // Webhooks are not asked for the sake of ownership: fields are then the same when they have the same name.
    return to.convert === undefined ? fromStored(to, toStored(from, copy)) : { ...copy, apiVersion: apiVersionOf(to) };
  };
  return {
    apiVersion,
    to(other, object) {
      if (other === apiVersion) return { schema: schemaOf(kind), object };
      const found = twin(other);
      return found === undefined ? undefined : { schema: schemaOf(found), object: converted(kind, found, object) };
    },
    from(other, object) {
      const found = other === apiVersion ? undefined : twin(other);
      return found === undefined ? object : converted(found, kind, object);
    },
  };
}
