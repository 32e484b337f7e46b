import type { KindDefinition, KubeObject } from '@rhythm/api';
import type { StoredValue } from '@rhythm/store-client';
import { isEncrypted } from '../encryption/provider.ts';
import { UnreadableValue } from '../stored/unreadable-value.ts';
import { Held } from './held.ts';
import { atRevision, decodeStored, encodeStored, parseObject, withRevision } from '../stored/stored-form.ts';

export type StringMap = Readonly<Record<string, string>>;

/** One object as the cache holds it: its JSON in the storage version with the revision in it (`bytes`), and what selectors look at. Never changes. */
export class Entry extends Held {
  readonly key: string;
  readonly revision: number;
  readonly labels: StringMap;
  readonly fields: StringMap;

  constructor(key: string, revision: number, bytes: Uint8Array, labels: StringMap, fields: StringMap) {
    super(bytes);
    this.key = key;
    this.revision = revision;
    this.labels = labels;
    this.fields = fields;
  }
}

const noLabels: StringMap = Object.freeze({});

/** The one way from a stored value into the cache. */
export function entryOf(kind: KindDefinition, stored: Pick<StoredValue, 'key' | 'value' | 'modRevision'>): Entry {
  // Somebody has encrypted it, and this server was not told how: not to be taken for an object that does not exist.
  if (isEncrypted(stored.value)) throw new UnreadableValue(stored.key, 'identity transformer tried to read encrypted data');
  const bytes = withRevision(kind, stored.value, stored.modRevision);
  const object = parseObject(bytes);
  const isChanged = kind.refresh?.(object) === true;
  return entryOfObject(kind, stored.key, stored.modRevision, isChanged ? Buffer.from(JSON.stringify(object)) : bytes, object);
}

/**
 * The same for several values, which a webhook may have to convert.
 * @throws ApiError InternalError when it cannot.
 */
export async function entriesOf(kind: KindDefinition, stored: readonly Pick<StoredValue, 'key' | 'value' | 'modRevision'>[]): Promise<Entry[]> {
  if (kind.convert === undefined) return stored.map((value) => entryOf(kind, value));
  const objects = await kind.convert(stored.map(({ value }) => decodeStored(value)));
  return stored.flatMap(({ key, modRevision }, index) => {
    const object = objects[index];
    if (object === undefined) return [];
    kind.refresh?.(object);
    return [entryOfObject(kind, key, modRevision, withRevision(kind, encodeStored(kind, object), modRevision), object)];
  });
}

/** The same when the object is at hand, so that nothing is parsed. */
export function entryOfObject(kind: KindDefinition, key: string, revision: number, bytes: Uint8Array, object: KubeObject): Entry {
  return new Entry(key, revision, bytes, labelsOf(object), fieldsOf(kind, object));
}

/** The last state of a deleted object, at the revision of its deletion. */
export function tombstoneOf(kind: KindDefinition, last: Entry, revision: number): Entry {
  return new Entry(last.key, revision, atRevision(kind, last.bytes, last.revision, revision), last.labels, last.fields);
}

export function labelsOf(object: KubeObject): StringMap {
  return object.metadata.labels ?? noLabels;
}

export function fieldsOf(kind: KindDefinition, object: KubeObject): StringMap {
  const fields: Record<string, string> = { 'metadata.name': object.metadata.name ?? '' };
  if (kind.namespaced) fields['metadata.namespace'] = object.metadata.namespace ?? '';
  const own = kind.selectableFields?.(object);
  return own === undefined ? fields : { ...fields, ...own };
}
