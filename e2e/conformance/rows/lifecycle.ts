import { ApisApi, type KubernetesObject, type V1APIGroup, type V1APIResourceList } from '@kubernetes/client-node';
import { expect } from 'vitest';
import type { Context } from '../harness/index.ts';

export interface Lifecycle {
  readonly groupVersion: string;
  readonly resource: string;
  readonly kind: string;
  readonly object: (name: string) => object;
  /** Whether the server has filled in what was not said. */
  readonly isDefaulted: (object: KubernetesObject) => boolean;
  /** A change of the spec, for PUT. */
  readonly update: (object: KubernetesObject) => object;
  readonly isUpdated: (object: KubernetesObject) => boolean;
  /** A status, where there is one. */
  readonly status?: object;
  /** Default: in the cluster's scope. */
  readonly namespaced?: boolean;
}

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** What several rows ask of a resource: it is in all discovery documents and has every verb, the status one of its own. */
export async function clusterResource(k: Context, { groupVersion, resource, kind, object, isDefaulted, update, isUpdated, status, namespaced = false }: Lifecycle): Promise<void> {
  const [group = '', version = ''] = groupVersion.split('/');
  const groups = (await k.api(ApisApi).getAPIVersions()).groups;
  expect(groups.find(({ name }) => name === group)?.versions).toContainEqual({ groupVersion, version });
  expect((await k.get<V1APIGroup>(`/apis/${group}`)).versions).toContainEqual({ groupVersion, version });
  const { resources } = await k.get<V1APIResourceList>(`/apis/${groupVersion}`);
  expect(resources.find(({ name }) => name === resource)).toMatchObject({ kind, namespaced, verbs: expect.arrayContaining(verbs) as unknown });
  if (status !== undefined) expect(resources.find(({ name }) => name === `${resource}/status`)).toMatchObject({ kind, namespaced, verbs: expect.arrayContaining(['get', 'patch', 'update']) as unknown });

  const path = namespaced ? k.path(groupVersion, resource) : `/apis/${groupVersion}/${resource}`;
  const labels = { lifecycle: k.namespace };
  const labelSelector = `lifecycle=${k.namespace}`;
  const selected = `${path}?labelSelector=${encodeURIComponent(labelSelector)}`;
  const labelled = (name: string): object => {
    const made = object(name) as KubernetesObject;
    return { apiVersion: groupVersion, kind, ...made, metadata: { ...made.metadata, labels } };
  };
  const watching = await k.watch(path, { labelSelector });
  const names = ['a', 'b', 'c'].map((letter) => k.unique(letter));
  const [first = ''] = names;
  await k.create(path, object(k.unique('other')));
  for (const name of names) expect(isDefaulted(await k.create(path, labelled(name)))).toBe(true);
  for (const name of names) await watching.until((event) => event.type === 'ADDED' && event.object.metadata?.name === name);
  expect(watching.seen.filter(({ type }) => type === 'ADDED').map(({ object: seen }) => seen.metadata?.name)).toEqual(names);

  const target = `${path}/${first}`;
  const got = await k.get(target);
  expect([got.kind, got.metadata?.name, got.metadata?.generation]).toEqual([kind, first, 1]);
  const listed = await k.get<{ kind: string; items: KubernetesObject[] }>(selected);
  expect(listed.kind).toBe(`${kind}List`);
  expect(listed.items.map(({ metadata }) => metadata?.name)).toEqual(names.toSorted());

  const patched = await k.patch(target, { metadata: { annotations: { patched: 'yes' } } });
  expect([patched.metadata?.annotations?.['patched'], patched.metadata?.generation]).toEqual(['yes', 1]);
  await watching.until(({ type, object: changed }) => type === 'MODIFIED' && changed.metadata?.annotations?.['patched'] === 'yes');
  await k.fails(k.put(target, update(got)), { code: 409, reason: 'Conflict' });
  const updated = await k.retried(async () => k.put(target, update(await k.get(target))));
  expect(isUpdated(updated)).toBe(true);
  expect(updated.metadata?.generation).toBe(2);
  await watching.until(({ type, object: changed }) => type === 'MODIFIED' && isUpdated(changed));
  if (status !== undefined) await statusOf(k, target, updated, status);

  await k.delete(target);
  expect((await k.raw('GET', target)).code).toBe(404);
  await watching.until(({ type, object: gone }) => type === 'DELETED' && gone.metadata?.name === first);
  await k.delete(selected);
  expect((await k.get<{ items: KubernetesObject[] }>(selected)).items).toEqual([]);
  for (const name of names.slice(1)) await watching.until(({ type, object: gone }) => type === 'DELETED' && gone.metadata?.name === name);
}

/** Members of a status; a controller may have added to its lists. */
const within = (status: object): unknown => expect.objectContaining(Object.fromEntries(Object.entries(status).map(([name, value]) => [name, Array.isArray(value) ? expect.arrayContaining(value.map((item: object) => expect.objectContaining(item) as unknown)) : value])));

/** The status has a way of its own; neither way leads to the other's fields. */
async function statusOf(k: Context, target: string, object: KubernetesObject, status: object): Promise<void> {
  type WithStatus = KubernetesObject & { status?: object; spec?: object };
  const patched = await k.patch<WithStatus>(`${target}/status`, { metadata: { annotations: { 'status-patched': 'yes' } }, status });
  expect(patched.status).toEqual(within(status));
  expect([patched.metadata?.annotations?.['status-patched'], patched.metadata?.generation]).toEqual(['yes', object.metadata?.generation]);
  expect((await k.get<WithStatus>(`${target}/status`)).status).toEqual(within(status));
  const put = await k.retried(async () => {
    const { status: _, ...rest } = await k.get<WithStatus>(target);
    return k.put<WithStatus>(target, rest);
  });
  expect(put.status).toEqual(within(status));
  const replaced = await k.retried(async () => k.put<WithStatus>(`${target}/status`, { ...(await k.get<WithStatus>(target)), spec: {}, status }));
  expect(replaced.status).toEqual(within(status));
  expect(replaced.spec).toEqual(put.spec);
}
