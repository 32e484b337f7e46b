import type { ManagedFieldsEntry } from '../gen/types/meta-v1.ts';
import { difference, isEmpty, isFieldSet, leaf, sorted, trustOrder, union, type FieldSet } from './field-set.ts';

/** Who wrote: what `metadata.managedFields` calls a manager. Appliers are one whatever version they apply in. */
export interface Writer {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  /** `apps/v1` */
  readonly apiVersion: string;
  /** '' for the object itself. */
  readonly subresource: string;
}

/** What one writer owns of an object. */
export interface Manager extends Writer {
  /** RFC 3339; absent when nobody said. */
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

/** Updaters beyond this many are merged into one, the oldest first. */
export const updateManagersMax = 10;
/** Managers taken from a client; more are none at all. */
const managersMax = 1000;
const ancientManager = 'ancient-changes';
/** Longest name of a manager, in bytes. */
export const managerNameBytesMax = 128;

/** Fields that say what an object is, or that only the server writes: nobody owns them. */
const nobodys: FieldSet = {
  'f:apiVersion': leaf,
  'f:kind': leaf,
  'f:metadata': {
    '.': leaf,
    'f:name': leaf,
    'f:namespace': leaf,
    'f:creationTimestamp': leaf,
    'f:selfLink': leaf,
    'f:uid': leaf,
    'f:clusterName': leaf,
    'f:generation': leaf,
    'f:managedFields': leaf,
    'f:resourceVersion': leaf,
  },
};

/** Whether nobody owns a member of the object (`parent` is '') or of its metadata, nor anything in it. */
export function isNobodys(parent: '' | 'metadata', name: string): boolean {
  const members = parent === '' ? nobodys : nobodys['f:metadata'];
  const own = members?.[`f:${name}`];
  return own !== undefined && isEmpty(own);
}

/** The set without what nobody owns. */
export function ownable(set: FieldSet): FieldSet {
  return difference(set, nobodys);
}

/** Whether an entry is this writer's. */
export function isBy(manager: Writer, writer: Writer): boolean {
  return (
    manager.manager === writer.manager &&
    manager.operation === writer.operation &&
    manager.subresource === writer.subresource &&
    (manager.operation === 'Apply' || manager.apiVersion === writer.apiVersion)
  );
}

/** Reads `metadata.managedFields` as `encodeManagers` wrote it; every set is taken for good. */
export function storedManagers(entries: readonly ManagedFieldsEntry[] | undefined): Manager[] {
  return (entries ?? []).map(({ manager = '', operation, apiVersion = '', time, fieldsV1 = {}, subresource = '' }) => ({
    manager,
    operation: operation === 'Apply' ? 'Apply' : 'Update',
    apiVersion,
    subresource,
    time,
    fields: trustOrder(fieldsV1 as FieldSet),
  }));
}

/** Reads `metadata.managedFields` of a client; `undefined` when any of it is not what it should be. */
export function decodeManagers(entries: unknown): Manager[] | undefined {
  if (entries === undefined || entries === null) return [];
  if (!Array.isArray(entries) || entries.length > managersMax) return undefined;
  const managers = new Map<string, Manager>();
  for (const entry of entries as readonly ManagedFieldsEntry[]) {
    const { manager = '', operation, apiVersion = '', time, fieldsType = 'FieldsV1', fieldsV1 = {}, subresource = '' } = entry;
    if ((operation !== 'Apply' && operation !== 'Update') || fieldsType !== 'FieldsV1' || !isFieldSet(fieldsV1)) return undefined;
    const known: Manager = { manager, operation, apiVersion, subresource, time, fields: withoutRoot(fieldsV1) };
    managers.set(JSON.stringify([manager, operation, subresource, operation === 'Apply' ? '' : apiVersion]), known);
  }
  return [...managers.values()];
}

function withoutRoot(set: FieldSet): FieldSet {
  const { '.': root, ...rest } = set;
  return root === undefined ? set : rest;
}

/** A client's way to say that nobody is to own anything: one entry without content. */
export function isReset(entries: readonly ManagedFieldsEntry[] | undefined): boolean {
  return entries?.length === 1 && Object.values(entries[0] ?? {}).every((value) => value === undefined || value === '');
}

/** `metadata.managedFields` of these managers, in Kubernetes' order; `undefined` when there are none. */
export function encodeManagers(managers: readonly Manager[]): ManagedFieldsEntry[] | undefined {
  const owning = managers.filter((manager) => !isEmpty(manager.fields));
  if (owning.length === 0) return undefined;
  return owning.sort(inOrder).map(encodeManager);
}

function encodeManager({ manager, operation, apiVersion, time, fields, subresource }: Manager): ManagedFieldsEntry {
  return {
    ...(manager === '' ? {} : { manager }),
    operation,
    ...(apiVersion === '' ? {} : { apiVersion }),
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: sorted(fields),
    ...(subresource === '' ? {} : { subresource }),
  };
}

/** Appliers before updaters, then by time, then by name. */
function inOrder(a: Manager, b: Manager): number {
  return (
    compareText(a.operation, b.operation) ||
    compareText(a.time ?? '', b.time ?? '') ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** At most `updateManagersMax` updaters: the oldest of a version are merged into one that stands for changes long ago. */
export function capManagers(managers: readonly Manager[]): readonly Manager[] {
  const updaters = managers.filter((manager) => manager.operation === 'Update');
  let surplus = updaters.length - updateManagersMax;
  if (surplus <= 0) return managers;
  const gone = new Set<Manager>();
  const buckets = new Map<string, Manager[]>();
  for (const manager of updaters.sort(inOrder)) {
    if (surplus <= 0) break;
    const bucket = buckets.get(manager.apiVersion);
    if (bucket === undefined) {
      buckets.set(manager.apiVersion, [manager]);
      continue;
    }
    bucket.push(manager);
    surplus--;
  }
  const merged: Manager[] = [];
  for (const bucket of buckets.values()) {
    const last = bucket.at(-1);
    if (bucket.length < 2 || last === undefined) continue;
    for (const manager of bucket) gone.add(manager);
    merged.push({ manager: ancientManager, operation: 'Update', apiVersion: last.apiVersion, subresource: '', time: last.time, fields: bucket.reduce((set, { fields }) => union(set, fields), leaf) });
  }
  return withMerged(managers.filter((manager) => !gone.has(manager)), merged);
}

/** An older bucket that was not among the merged ones takes them in. */
function withMerged(managers: readonly Manager[], merged: readonly Manager[]): readonly Manager[] {
  const out = [...managers];
  for (const bucket of merged) {
    const at = out.findIndex((other) => isBy(other, bucket));
    const other = out[at];
    if (other === undefined) out.push(bucket);
    else out[at] = { ...bucket, fields: union(other.fields, bucket.fields) };
  }
  return out;
}

/** The manager of a write that does not name one: the first word of the user agent, printable and of bounded length. */
export function managerOf(fieldManager: string | undefined, userAgent: string): string {
  if (fieldManager !== undefined && fieldManager !== '') return fieldManager;
  let name = namesOfAgents.get(userAgent);
  if (name === undefined) {
    name = nameOfAgent(userAgent);
    if (namesOfAgents.size >= agentsMax) namesOfAgents.clear();
    if (userAgent.length <= agentLengthMax) namesOfAgents.set(userAgent, name);
  }
  return name;
}

/** Clients are few, and each asks often. */
const namesOfAgents = new Map<string, string>();
const agentsMax = 256;
const agentLengthMax = 256;

function nameOfAgent(userAgent: string): string {
  let name = '';
  let bytes = 0;
  for (const character of userAgent.split(/[/\s]/, 1)[0] ?? '') {
    if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character)) continue;
    bytes += utf8Length(character);
    if (bytes > managerNameBytesMax) break;
    name += character;
  }
  return name === '' ? 'unknown' : name;
}

/** Bytes of one character in UTF-8. */
function utf8Length(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
}
