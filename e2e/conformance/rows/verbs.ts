import { PatchStrategy, type KubernetesObject } from '@kubernetes/client-node';
import { expect } from 'vitest';
import type { Context } from '../harness/index.ts';

/** One resource, and what is needed to try every verb on it. */
export interface Verbs {
  /** `apps/v1`, `v1`. */
  readonly groupVersion: string;
  readonly kind: string;
  readonly resource: string;
  readonly namespaced: boolean;
  /** An object without its kind and metadata; each call may give another, where two may not be alike. */
  readonly body: (index: number) => object;
  /** What is called otherwise than by a made-up name. */
  readonly name?: (index: number) => string;
  /** A change beside its metadata that an update may make, as a merge patch; seen again in what is read. */
  readonly change?: object;
  /** For the status: merge patches of it. */
  readonly status?: { readonly patch: object; readonly update: object };
  /** A controller writes to it, its status or a finalizer, at any time. */
  readonly isControlled?: boolean;
}

type Named = KubernetesObject & { metadata: NonNullable<KubernetesObject['metadata']> & { name: string } };
type Made = Named & { metadata: { resourceVersion: string }; spec?: object; status?: object };

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const label = 'verbs-of';

/**
 * What the conformance rows called "API operations" ask for: the resource is in the discovery documents; objects are created, read, listed
 * (by label, in one namespace and in all), watched, patched, replaced, deleted by name and as a collection; the status is a resource of its own.
 */
export async function everyVerb(k: Context, verbs: Verbs): Promise<void> {
  await discovered(k, verbs);
  const { groupVersion, kind, namespaced } = verbs;
  const collection = collectionPath(k, verbs);
  const labelSelector = `${label}=${k.namespace}`;
  const object = (index: number): Named => ({ apiVersion: groupVersion, kind, metadata: { name: verbs.name?.(index) ?? k.unique(kind.toLowerCase()), labels: { [label]: k.namespace, index: String(index) }, ...(namespaced ? { namespace: k.namespace } : {}) }, ...verbs.body(index) });
  const { objects } = k;
  const listed = async (selector: string, namespace?: string): Promise<string[]> =>
    (await objects.list(groupVersion, kind, namespace, undefined, undefined, undefined, undefined, selector)).items.map(({ metadata }) => metadata?.name ?? '');
  const watching = await k.watch(collection, { labelSelector });

  const made: Made[] = [];
  for (const index of [0, 1, 2, 3]) {
    const next = object(index);
    const { metadata } = index === 3 ? next : { metadata: {} };
    // The last one is a bystander: no selector of this row finds it.
    const created = (await objects.create(index === 3 ? { ...next, metadata: { ...metadata, labels: {} } } : next)) as Made;
    k.cleanup(() => k.raw('DELETE', `${collection}/${created.metadata.name}`));
    expect(created.metadata).toMatchObject({ uid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string, creationTimestamp: expect.any(Date) as Date });
    made.push(created);
  }
  const [first, second, third, bystander] = made as [Made, Made, Made, Made];
  const names = [first, second, third].map(({ metadata }) => metadata.name).toSorted();
  expect(new Set(made.map(({ metadata }) => metadata.uid)).size).toBe(4);
  await k.fails(objects.create({ ...object(0), metadata: { ...object(0).metadata, name: first.metadata.name } }), { code: 409, reason: 'AlreadyExists', message: first.metadata.name });

  if (verbs.isControlled === true) expect((await objects.read(first)).metadata?.uid).toBe(first.metadata.uid);
  else expect(await objects.read(first)).toEqual(first);
  expect((await listed(labelSelector)).toSorted()).toEqual(names);
  if (namespaced) expect(await listed(labelSelector, k.namespace)).toEqual(names);
  expect(await listed(`${labelSelector},index in (1)`)).toEqual([second.metadata.name]);
  expect(await listed(`${labelSelector},index notin (0,1,2)`)).toEqual([]);

  const header = { apiVersion: groupVersion, kind, metadata: { name: first.metadata.name, ...(namespaced ? { namespace: k.namespace } : {}) } };
  const patched = (await objects.patch<KubernetesObject>({ ...header, metadata: { ...header.metadata, annotations: { patched: 'true' } } }, undefined, undefined, undefined, undefined, PatchStrategy.MergePatch)) as Made;
  expect(patched.metadata).toMatchObject({ uid: first.metadata.uid, annotations: { patched: 'true' }, labels: { [label]: k.namespace } });
  expect(Number(patched.metadata.resourceVersion)).toBeGreaterThan(Number(third.metadata.resourceVersion));
  const annotated = (object: Made, value: string): Made => ({ ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, updated: value } } });
  const updated = (await k.retried(async () => objects.replace(annotated((await objects.read(first)) as Made, 'true')))) as Made;
  expect(updated.metadata.annotations).toMatchObject({ patched: 'true', updated: 'true' });
  await k.fails(objects.replace(annotated(patched, 'late')), { code: 409, reason: 'Conflict', message: 'the object has been modified' });
  if (verbs.change !== undefined) {
    await k.patch(`${collection}/${first.metadata.name}`, verbs.change);
    expect(await k.get(`${collection}/${first.metadata.name}`)).toMatchObject(verbs.change);
  }
  if (verbs.status !== undefined) await statusApart(k, `${collection}/${first.metadata.name}`, verbs.status, verbs.isControlled);

  await objects.delete(first);
  // A controller that protects it lets it go when nobody uses it.
  if (verbs.isControlled === true) await k.gone(`${collection}/${first.metadata.name}`);
  await k.fails(objects.read(first), { code: 404, reason: 'NotFound', message: first.metadata.name });
  await deleteCollection(k, collection, labelSelector);
  if (verbs.isControlled === true) for (const { metadata } of [second, third]) await k.gone(`${collection}/${metadata.name}`);
  expect(await listed(labelSelector)).toEqual([]);
  expect(await objects.read(bystander)).toMatchObject({ metadata: { uid: bystander.metadata.uid } });
  // In the order of their deletion; who waits for a finalizer may be overtaken.
  const inOrder = [first, second, third].toSorted(byDeletion(first));
  if (verbs.isControlled === true) for (let left = names.length; left > 0; left--) await watching.until(({ type }) => type === 'DELETED', `${left} more are deleted`);
  else for (const { metadata } of inOrder) await watching.until(({ type, object }) => type === 'DELETED' && object.metadata?.name === metadata.name, `${metadata.name} is deleted`);
  const told = watching.seen.map(({ type, object }) => `${type} ${object.metadata?.name}`);
  expect(told.filter((text) => text.startsWith('ADDED'))).toEqual([first, second, third].map(({ metadata }) => `ADDED ${metadata.name}`));
  if (verbs.isControlled === true) expect(told.filter((text) => text === `MODIFIED ${first.metadata.name}`).length).toBeGreaterThanOrEqual(2);
  else expect(told.slice(3, 5)).toEqual([`MODIFIED ${first.metadata.name}`, `MODIFIED ${first.metadata.name}`]);
}

/** The first goes first; a collection is deleted in the order of its names. */
function byDeletion(first: Made): (a: Made, b: Made) => number {
  return (a, b) => (a === first ? -1 : b === first ? 1 : a.metadata.name < b.metadata.name ? -1 : 1);
}

/** The path of all objects of a kind, or of those in the row's namespace. */
export function collectionPath(k: Context, { groupVersion, resource, namespaced }: Pick<Verbs, 'groupVersion' | 'resource' | 'namespaced'>): string {
  if (namespaced) return k.path(groupVersion, resource);
  return `/${groupVersion.includes('/') ? 'apis' : 'api'}/${groupVersion}/${resource}`;
}

export async function deleteCollection(k: Context, collection: string, labelSelector: string): Promise<void> {
  const { code, text } = await k.raw('DELETE', `${collection}?${new URLSearchParams({ labelSelector }).toString()}`);
  expect(code, text).toBe(200);
}

/** The group, its version and the resource with its verbs are in the three discovery documents. */
export async function discovered(k: Context, { groupVersion, kind, resource, namespaced, status }: Pick<Verbs, 'groupVersion' | 'kind' | 'resource' | 'namespaced' | 'status'>): Promise<void> {
  interface Group {
    readonly name: string;
    readonly versions: readonly { readonly groupVersion: string; readonly version: string }[];
  }
  interface Resource {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs: readonly string[];
  }
  const [group = '', version = ''] = groupVersion.split('/');
  const core = !groupVersion.includes('/');
  if (!core) {
    const expected = expect.objectContaining({ groupVersion, version }) as object;
    const { groups } = await k.get<{ groups: readonly Group[] }>('/apis');
    expect(groups.find(({ name }) => name === group)?.versions).toContainEqual(expected);
    expect((await k.get<Group>(`/apis/${group}`)).versions).toContainEqual(expected);
  }
  const list = await k.get<{ groupVersion: string; resources: readonly Resource[] }>(core ? `/api/${groupVersion}` : `/apis/${groupVersion}`);
  expect(list.groupVersion).toBe(groupVersion);
  const found = list.resources.find(({ name }) => name === resource);
  expect(found).toMatchObject({ kind, namespaced });
  expect(found?.verbs.toSorted()).toEqual(allVerbs);
  if (status !== undefined) expect(list.resources.find(({ name }) => name === `${resource}/status`)?.verbs.toSorted()).toEqual(['get', 'patch', 'update']);
}

/** Members of a status; a controller may have added to its lists. */
const including = (status: object): unknown => expect.objectContaining(Object.fromEntries(Object.entries(status).map(([name, value]) => [name, Array.isArray(value) ? expect.arrayContaining(value.map((item: object) => expect.objectContaining(item) as unknown)) : value])));

/** Reads, patches and replaces the status; metadata and spec do not move it, nor it them. */
export async function statusApart(k: Context, path: string, { patch, update }: NonNullable<Verbs['status']>, isControlled = false): Promise<void> {
  const before = await k.get<Made>(`${path}/status`);
  const patched = await k.patch<Made>(`${path}/status`, { metadata: { annotations: { 'patched-status': 'true' } }, status: patch });
  expect(patched).toMatchObject({ metadata: { annotations: { 'patched-status': 'true' } }, status: patch });
  expect(patched.spec).toEqual(before.spec);
  const replaced = await k.retried(async () => {
    const read = await k.get<Made>(path);
    return k.put<Made>(`${path}/status`, { ...read, status: { ...read.status, ...update } });
  });
  expect(replaced.status).toMatchObject(update);
  const through = await k.retried(async () => k.put<Made>(path, { ...(await k.get<Made>(path)), status: before.status ?? {} }));
  const expected = isControlled ? including(update) : replaced.status;
  expect(through.status).toEqual(expected);
  expect((await k.get<Made>(`${path}/status`)).status).toEqual(expected);
}
