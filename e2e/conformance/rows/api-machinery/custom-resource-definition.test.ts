import { ApiextensionsApi, ApisApi, type V1CustomResourceDefinition } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { row } from '../../harness/index.ts';
import { define, definitionOf, definitions, established, schemaOf, type Custom } from '../definitions.ts';

row('crd-discovery', async (k) => {
  const version = { groupVersion: 'apiextensions.k8s.io/v1', version: 'v1' };
  expect((await k.api(ApisApi).getAPIVersions()).groups.find(({ name }) => name === 'apiextensions.k8s.io')?.versions).toContainEqual(version);
  const group = await k.api(ApiextensionsApi).getAPIGroup();
  expect([group.name, group.versions]).toEqual(['apiextensions.k8s.io', [version]]);
  const { resources, groupVersion } = await k.extensions.getAPIResources();
  expect(groupVersion).toBe('apiextensions.k8s.io/v1');
  expect(resources.find(({ name }) => name === 'customresourcedefinitions')).toMatchObject({ kind: 'CustomResourceDefinition', namespaced: false });
  // v1 is the only one there is.
  expect((await k.raw('GET', '/apis/apiextensions.k8s.io/v1beta1/customresourcedefinitions')).code).toBe(404);
});

row('crd-create-delete', async (k) => {
  const definition = definitionOf(k, { scope: 'Cluster' });
  const name = definition.metadata?.name ?? '';
  await k.extensions.createCustomResourceDefinition({ body: definition });
  k.cleanup(() => k.raw('DELETE', `${definitions}/${name}`));
  await established(k, name);
  const { status } = await k.extensions.readCustomResourceDefinition({ name });
  expect(status?.acceptedNames).toMatchObject({ plural: 'things', kind: 'Thing' });
  expect(status?.storedVersions).toEqual(['v1']);
  expect((await k.raw('GET', `/apis/${definition.spec.group}/v1/things`)).code).toBe(200);
  await k.extensions.deleteCustomResourceDefinition({ name });
  await k.gone(`${definitions}/${name}`);
  await k.eventually(async () => (await k.raw('GET', `/apis/${definition.spec.group}/v1/things`)).code === 404, 'it is served no more');
});

row('crd-list-deletecollection', async (k) => {
  const labels = { of: k.namespace };
  const labelSelector = `of=${k.namespace}`;
  const made = [];
  for (const letter of 'abcdefghij') made.push(await define(k, { singular: letter, labels, scope: 'Cluster' }));
  const other = await define(k, { singular: 'other', scope: 'Cluster' });
  const listed = await k.extensions.listCustomResourceDefinition({ labelSelector });
  expect(listed.items.map(({ metadata }) => metadata?.name)).toEqual(made.map(({ name }) => name));
  for (const [index, { spec }] of listed.items.entries()) expect(JSON.parse(JSON.stringify(spec))).toMatchObject({ group: made[index]?.group, scope: 'Cluster', names: { plural: made[index]?.plural }, versions: [{ name: 'v1', served: true, storage: true }] });
  await k.extensions.deleteCollectionCustomResourceDefinition({ labelSelector });
  for (const { name } of made) await k.gone(`${definitions}/${name}`);
  expect((await k.extensions.listCustomResourceDefinition({ labelSelector })).items).toEqual([]);
  expect((await k.extensions.readCustomResourceDefinition({ name: other.name })).metadata?.deletionTimestamp).toBeUndefined();
});

row('crd-status', async (k) => {
  const { name, definition } = await define(k);
  const path = `${definitions}/${name}`;
  const status = await k.get<V1CustomResourceDefinition>(`${path}/status`);
  expect(status.spec).toEqual(definition.spec);
  const condition = { type: '', status: '', message: 'updated' };
  const updated = await k.put<V1CustomResourceDefinition>(`${path}/status`, { ...status, spec: { ...status.spec, names: { ...status.spec.names, shortNames: ['never'] } }, status: { ...status.status, conditions: [...(status.status?.conditions ?? []), condition] } });
  expect(updated.status?.conditions).toContainEqual(expect.objectContaining({ message: 'updated' }));
  expect(updated.spec.names.shortNames).toBeUndefined();
  expect((await k.get<V1CustomResourceDefinition>(path)).status?.conditions).toContainEqual(expect.objectContaining({ message: 'updated' }));
  const patched = await k.patch<V1CustomResourceDefinition>(`${path}/status`, [{ op: 'add', path: '/status/conditions', value: [{ message: 'patched' }] }], 'json');
  expect(patched.status?.conditions).toContainEqual(expect.objectContaining({ message: 'patched' }));
  expect(patched.status?.conditions).not.toContainEqual(expect.objectContaining({ message: 'updated' }));
});

row('crd-defaulting', async (k) => {
  const text = { type: 'string' };
  const defined = await define(k, { scope: 'Cluster', versions: { v1: { schema: schemaOf({ a: text, b: text }) } } });
  const path = `${definitions}/${defined.name}`;
  const at = '/spec/versions/0/schema/openAPIV3Schema/properties';
  const of = ({ a, b }: Custom): unknown => [a, b];
  await k.create(defined.path(), defined.object('one'));
  await k.patch(path, [{ op: 'add', path: `${at}/a/default`, value: 'A' }], 'json');
  // What is stored without it is read with it.
  await k.eventually(async () => (await k.get<Custom>(`${defined.path()}/one`))['a'] === 'A', 'the default is seen');
  const two = await k.create<Custom>(defined.path(), defined.object('two'));
  expect(of(two)).toEqual(['A', undefined]);
  await k.patch(path, [{ op: 'remove', path: `${at}/a/default` }, { op: 'add', path: `${at}/b/default`, value: 'B' }], 'json');
  await k.eventually(async () => (await k.get<Custom>(`${defined.path()}/one`))['b'] === 'B', 'the other default is seen');
  // It was stored for the one, and only read for the other.
  expect(of(await k.get<Custom>(`${defined.path()}/two`))).toEqual(['A', 'B']);
  expect(of(await k.get<Custom>(`${defined.path()}/one`))).toEqual([undefined, 'B']);
});

row('crd-watch', async (k) => {
  const defined = await define(k, { scope: 'Cluster' });
  const watched = async (name: string) => ({ name, watching: await k.watch<Custom>(defined.path(), { fieldSelector: `metadata.name=${name}` }) });
  const both = [await watched('one'), await watched('two')];
  for (const { name } of both) await k.create(defined.path(), defined.object(name, { content: 'first' }));
  for (const { name } of both) await k.patch(`${defined.path()}/${name}`, { content: 'second' });
  for (const { name } of both) await k.delete(`${defined.path()}/${name}`);
  for (const { name, watching } of both) {
    await watching.until(({ type }) => type === 'DELETED');
    expect(watching.seen.map(({ type, object }) => [type, object.kind, object.metadata?.name, object['content']])).toEqual([
      ['ADDED', 'Thing', name, 'first'],
      ['MODIFIED', 'Thing', name, 'second'],
      ['DELETED', 'Thing', name, 'second'],
    ]);
  }
});
