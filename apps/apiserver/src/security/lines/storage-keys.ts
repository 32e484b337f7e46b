import type { CustomResourceDefinition } from '@rhythm/api/types/apiextensions-v1';
import { systemClock } from '@rhythm/base';
import { expect, test } from 'vitest';
import type { Ask } from '../rig.ts';
import type { Line } from './line.ts';

const secret = { verb: 'create', namespace: 'default', resource: 'secrets' } as const;

/** Names that leave their place in a path, a key or a log. What HTTP itself cannot carry is sent encoded. */
const names = ['..', '.', '../x', '../../secrets/kube-system/x', '/x', 'x/', 'a/b', 'a/../b', '..%2fx', '%2e%2e', '%252e%252e', 'a%00b', 'a\u0000b', 'a\nb', 'a\u007fb', 'a\u2028b', 'a\u202eb', 'ａ', 'é', 'A', 'a b', 'a;b', 'a?b', 'a#b', 'a\\b', '__proto__', 'constructor.', 'x'.repeat(254), `${'x'.repeat(250)}/../..`, 'a'.repeat(100_000), '-', '*'];

export const storageKeys: Line = (rig) => {
  test.each(short(names))('no object comes to be by the name %s', async (_shown, name) => {
    const before = await rig().keys();
    const body = { metadata: { name }, stringData: { a: 'b' } };
    expect(await rig().both('admin', { ...secret, body })).toBeGreaterThanOrEqual(400);
    // As a place in the URL, where there is a limit to what can be said.
    if (name.length < 1000) for (const verb of ['get', 'update', 'patch', 'delete'] as const) {
      const asked = { ...secret, verb, name, ...(verb === 'get' || verb === 'delete' ? {} : { body: verb === 'patch' ? { data: {} } : body }), ...(verb === 'patch' ? { contentType: 'application/merge-patch+json' } : {}) };
      const { code, text } = await rig().grpc('admin', asked);
      expect([400, 404, 422], text).toContain(code);
      if (name !== '.' && name !== '..') expect([400, 404, 422]).toContain((await rig().http('admin', asked)).code);
    }
    expect(await rig().keys()).toEqual(before);
  });

  test.each(short(['../x', 'a/b', '%2e%2e/', '..', 'a\u0000', 'UPPER', 'x'.repeat(100_000)]))('nor by the generated name %s…', async (_shown, generateName) => {
    const before = await rig().keys();
    const code = await rig().both('admin', { ...secret, body: { metadata: { generateName } } });
    expect([code, await rig().keys()]).toEqual([422, before]);
  });

  test.each(short(['..', 'kube-system/x', '../kube-system', 'default/../kube-system', '%2e%2e', 'a\u0000', 'kube-system%2fx', 'x'.repeat(300)]))('nothing is read or written in the namespace %s', async (_shown, namespace) => {
    const before = await rig().keys();
    for (const verb of ['list', 'create', 'deletecollection'] as const) {
      const { code, text } = await rig().grpc('admin', { verb, namespace, resource: 'secrets', ...(verb === 'create' ? { body: { metadata: { name: 'x' } } } : {}) });
      if (code < 300) expect((JSON.parse(text) as { items: unknown[] }).items).toEqual([]);
      else expect([400, 404, 422], text).toContain(code);
    }
    expect(await rig().keys()).toEqual(before);
  });

  test.each([
    '/api/v1/namespaces/default/secrets/..%2f..%2fkube-system%2fx', '/api/v1/namespaces/default%2fsecrets%2f..%2f/secrets', '/api/v1/namespaces/default/secrets%2f..%2fconfigmaps/x', '/api/v1/namespaces/%2e%2e/secrets',
    '/api/v1/namespaces/default/secrets/%00', '/api/v1/namespaces/default/secrets/%', '/api/v1/namespaces/default/secrets/%c0%ae%c0%ae', '/api%2fv1/secrets', '/apis/..%2f..%2fapi/v1/secrets', '/apis/%2fv1/secrets', '//api/v1/%73ecrets%00',
  ])('the path %s is no way round', async (path) => {
    await rig().grant('ann', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['*'] }], 'default');
    expect([400, 403, 404]).toContain((await rig().raw('ann', 'GET', path)).code);
    expect([400, 404]).toContain((await rig().raw('admin', 'GET', path)).code);
  });

  test('a page of a list cannot be told to go on elsewhere', async () => {
    for (const name of ['p1', 'p2', 'p3']) await rig().make({ verb: 'create', namespace: 'default', resource: 'configmaps', body: { metadata: { name } } });
    await rig().make({ verb: 'create', namespace: 'kube-system', resource: 'secrets', body: { metadata: { name: 'crown' }, stringData: { a: 'jewels' } } });
    const first = await rig().make<{ metadata: { continue: string; resourceVersion: string } }>({ verb: 'list', namespace: 'default', resource: 'configmaps', query: { limit: '1' } });
    const token = Buffer.from(first.metadata.continue, 'base64url').toString();
    const forged = [token.replace(/"start":"[^"]*"/, '"start":"../../secrets/kube-system/"'), token.replace(/"[a-z0-9-]*\\u0000"|"p1[^"]*"/, '"../../secrets/kube-system/a"'), '{}', '[]', 'null', '{"__proto__":{"v":"x"}}', '', 'x'.repeat(100_000)];
    for (const text of forged) {
      const { text: answer } = await rig().http('admin', { verb: 'list', namespace: 'default', resource: 'configmaps', query: { limit: '5', continue: Buffer.from(text).toString('base64url').slice(0, 8000) } });
      expect(answer).not.toContain('crown');
    }
  });

  test('a custom kind reads and takes away nothing of a kind whose name its own begins with, or that is built in', async () => {
    await defined('apples', 'fruit.example');
    await defined('applesauces', 'fruit.example');
    await defined('secrets', 'fruit.example');
    for (const resource of ['applesauces', 'secrets']) await rig().make({ verb: 'create', api: 'fruit.example/v1', namespace: 'default', resource, body: { kind: kindOf(resource), apiVersion: 'fruit.example/v1', metadata: { name: 'kept' } } });
    await rig().make({ verb: 'create', namespace: 'default', resource: 'secrets', body: { metadata: { name: 'own' } } });
    const { items } = await rig().make<{ items: unknown[] }>({ verb: 'list', api: 'fruit.example/v1', resource: 'apples' });
    expect(items).toEqual([]);
    const secrets = await rig().make<{ items: { metadata: { name: string } }[] }>({ verb: 'list', api: 'fruit.example/v1', resource: 'secrets' });
    expect(secrets.items.map(({ metadata }) => metadata.name)).toEqual(['kept']);
    await rig().make({ verb: 'deletecollection', api: 'fruit.example/v1', namespace: 'default', resource: 'apples' });
    await rig().make({ verb: 'delete', api: 'apiextensions.k8s.io/v1', resource: 'customresourcedefinitions', name: 'secrets.fruit.example' });
    expect((await rig().http('admin', { verb: 'get', api: 'fruit.example/v1', namespace: 'default', resource: 'applesauces', name: 'kept' })).code).toBe(200);
    expect((await rig().http('admin', { verb: 'get', namespace: 'default', resource: 'secrets', name: 'own' })).code).toBe(200);
  });

  test.each([
    ['../pods', 'fruit.example'], ['a/b', 'fruit.example'], ['pods', ''], ['pods', 'pods'], ['x', 'apps'], ['deployments', 'apps'], ['%2e%2e', 'fruit.example'], ['', 'fruit.example'], ['..', 'fruit.example'], ['x', '..'], ['x', 'fruit.example/../..'], ['status', 'fruit.example/v1'],
  ])('no custom kind has the plural %j in the group %j', async (plural, group) => {
    const before = await rig().keys();
    const code = await rig().both('admin', { verb: 'create', api: 'apiextensions.k8s.io/v1', resource: 'customresourcedefinitions', body: definition(plural, group) });
    expect([code, await rig().keys()]).toEqual([422, before]);
  });

  async function defined(plural: string, group: string): Promise<void> {
    const api = 'apiextensions.k8s.io/v1';
    await rig().make({ verb: 'create', api, resource: 'customresourcedefinitions', body: definition(plural, group) });
    const served = async (ask: Ask): Promise<void> => {
      while ((await rig().http('admin', ask)).code !== 200) await systemClock.sleep(10);
    };
    await served({ verb: 'list', api: `${group}/v1`, resource: plural });
    // The server writes this one by itself, a moment later.
    await served({ verb: 'get', api: 'apiregistration.k8s.io/v1', resource: 'apiservices', name: `v1.${group}` });
  }
};

/** What the test is called, and what it is about. */
function short(texts: readonly string[]): [string, string][] {
  return texts.map((text) => [JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text), text]);
}

const kindOf = (plural: string): string => `K${plural}`;

function definition(plural: string, group: string): Partial<CustomResourceDefinition> {
  const schema = { openAPIV3Schema: { type: 'object' } };
  return { metadata: { name: `${plural}.${group}` }, spec: { group, scope: 'Namespaced', names: { plural, kind: kindOf(plural) }, versions: [{ name: 'v1', served: true, storage: true, schema }] } } as unknown as CustomResourceDefinition;
}
