import { encodeOpenApiV2, kindRegistry, openApiV2, openApiV3, type KindDefinition, type KindRegistry } from '@rhythm/api';
import type { CustomResourceDefinition } from '@rhythm/api/types/apiextensions-v1';
import { systemClock, type Clock } from '@rhythm/base';
import { describe, expect, test } from 'vitest';
import { customKinds } from '../custom/custom-kind.ts';
import { LiveRegistry } from '../custom/live-registry.ts';
import { gitVersion } from '../discovery/version.ts';
import { noSource } from './description-source.ts';
import { Documents, type NamedDocument, type OtherDocuments } from './documents.ts';

interface Made {
  readonly registry: LiveRegistry;
  /** By definition, how often its schema was read to be written into a document. */
  readonly written: Map<string, number>;
  readonly define: (plural: string, more?: { readonly group?: string; readonly kind?: string; readonly field?: string; readonly scale?: boolean }) => void;
}

function made(): Made {
  const registry = new LiveRegistry(kindRegistry);
  const written = new Map<string, number>();
  return {
    registry,
    written,
    define(plural, { group = 'example.com', kind = plural.toUpperCase(), field = 'size', scale = false } = {}) {
      const name = `${plural}.${group}`;
      const schema = { type: 'object', properties: { spec: { type: 'object', properties: { [field]: { type: 'integer', nullable: true }, replicas: { type: 'integer' } } } } };
      const subresources = { status: {}, ...(scale ? { scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } } : {}) };
      const definition = { metadata: { name }, spec: { group, scope: 'Namespaced', names: { plural, kind, listKind: `${kind}List` }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, subresources }] } } as unknown as CustomResourceDefinition;
      const { served, stored } = customKinds(definition);
      const counted = served.map((one): KindDefinition => ({ ...one, custom: { ...one.custom, definition: name, get openApi() { written.set(name, (written.get(name) ?? 0) + 1); return schema; } } as KindDefinition['custom'] & object }));
      registry.set(name, { stored: counted[0] ?? stored, served: counted });
    },
  };
}

const documentsOf = (registry: KindRegistry, others?: OtherDocuments, clock: Clock = systemClock): Documents => new Documents(registry, noSource, clock, others);
const plain = async (document: NamedDocument | undefined): Promise<Buffer> => Buffer.concat([...((await document?.text())?.plain() ?? [])]);
const json = async (document: NamedDocument | undefined): Promise<Record<string, Record<string, unknown>>> => JSON.parse((await plain(document)).toString()) as Record<string, Record<string, unknown>>;

describe('documents in parts', () => {
  test('say what one made at once says, in each version', async () => {
    const { registry, define } = made();
    define('as', { scale: true });
    define('bs');
    define('cs', { group: 'other.example.com' });
    const documents = documentsOf(registry);
    expect(await json(await documents.v2('json'))).toEqual(JSON.parse(JSON.stringify(openApiV2(registry.kinds, gitVersion))));
    for (const [group, version] of [['example.com', 'v1'], ['other.example.com', 'v1'], ['apps', 'v1'], ['', 'v1']] as const) {
      expect(await json(await documents.v3(group === '' ? `api/${version}` : `apis/${group}/${version}`))).toEqual(JSON.parse(JSON.stringify(openApiV3(registry.kinds, group, version, gitVersion))));
    }
    expect(await documents.v3('apis/example.com/v2')).toBeUndefined();
  });

  test('are the same in protobuf, but for the order', async () => {
    const { registry, define } = made();
    define('as');
    const document = documentsOf(registry);
    const parts = await plain(await document.v2('protobuf'));
    const whole = Buffer.from(encodeOpenApiV2(openApiV2(registry.kinds, gitVersion)));
    expect(parts.length).toBe(whole.length);
    expect(Buffer.from(parts.toSorted()).equals(whole.toSorted())).toBe(true);
    expect(parts.subarray(0, 40).equals(whole.subarray(0, 40))).toBe(true);
  });

  test('of a registry with nothing built in have what custom resources need', async () => {
    const { registry, define } = made();
    define('as', { scale: true });
    const [kind] = registry.of('as.example.com')?.served ?? [];
    const alone = { ...kindRegistry, generation: 0, kinds: kind === undefined ? [] : [kind], groups: [] } as unknown as KindRegistry;
    expect(await json(await documentsOf(alone).v2('json'))).toEqual(JSON.parse(JSON.stringify(openApiV2(alone.kinds, gitVersion))));
  });

  test('a group whose kinds are called like built-in ones has no definition twice', async () => {
    const { registry, define } = made();
    define('pods', { group: 'core.api.k8s.io', kind: 'Pod' });
    const text = (await plain(await documentsOf(registry).v2('json'))).toString();
    expect(text.split('"io.k8s.api.core.v1.Pod":').length).toBe(2);
    expect((JSON.parse(text) as { definitions: Record<string, { properties: object }> }).definitions['io.k8s.api.core.v1.Pod']?.properties).toHaveProperty('spec.$ref');
    expect((JSON.parse(text) as { paths: object }).paths).toHaveProperty(['/apis/core.api.k8s.io/v1/pods']);
  });
});

describe('what a change costs', () => {
  test('nothing is made until somebody asks, and then only what has changed', async () => {
    const { registry, written, define } = made();
    const documents = documentsOf(registry);
    for (const plural of ['as', 'bs', 'cs']) define(plural);
    expect([...written]).toEqual([]);
    const first = await documents.v2('json');
    await first.text();
    const before = new Map(written);
    define('ds');
    define('bs', { field: 'other' });
    const second = await documents.v2('json');
    const text = (await plain(second)).toString();
    expect([written.get('as.example.com'), written.get('cs.example.com')]).toEqual([before.get('as.example.com'), before.get('cs.example.com')]);
    expect(written.get('ds.example.com')).toBe(before.get('as.example.com'));
    expect(second.hash).not.toBe(first.hash);
    expect([text.includes('"ds"'), text.includes('/ds/'), text.includes('"other"')]).toEqual([false, true, true]);
    registry.set('as.example.com', undefined);
    expect((await plain(await documents.v2('json'))).toString()).not.toContain('/namespaces/{namespace}/as');
  });

  test('a document can be named without being made, and is named by its content', async () => {
    const { registry, define } = made();
    const documents = documentsOf(registry);
    define('as');
    define('bs', { group: 'other.example.com' });
    const hashes = async (): Promise<(string | undefined)[]> => [(await documents.v3('apis/example.com/v1'))?.hash, (await documents.v3('apis/other.example.com/v1'))?.hash, (await documents.v3('apis/apps/v1'))?.hash, (await documents.v2('json')).hash, (await documents.v2('protobuf')).hash];
    const before = await hashes();
    expect(new Set(before).size).toBe(5);
    define('as', { field: 'changed' });
    const after = await hashes();
    expect(after.map((hash, at) => hash === before[at])).toEqual([false, true, true, false, false]);
    define('as');
    expect(await hashes()).toEqual(before);
    const index = await json(await documents.v3Index());
    expect(index['paths']?.['apis/example.com/v1']).toEqual({ serverRelativeURL: `/openapi/v3/apis/example.com/v1?hash=${before[0]}` });
  });

  test('several who ask at once wait for one making', async () => {
    const { registry, written, define } = made();
    define('as');
    const documents = documentsOf(registry);
    const all = await Promise.all(Array.from({ length: 10 }, async () => (await documents.v3('apis/example.com/v1'))?.text()));
    expect(new Set(all).size).toBe(1);
    // Once for its name, once for its part.
    expect(written.get('as.example.com')).toBe(2);
  });

  test('what takes long is made a few milliseconds at a time', async () => {
    const { registry, define } = made();
    for (let at = 0; at < 20; at++) define(`k${at}s`);
    let [now, slept, longest, began] = [0, 0, 0, 0];
    // Each look at the clock is a millisecond later: as if each step took that long.
    const clock: Clock = {
      ...systemClock,
      monotonic: () => now++,
      sleep: async (ms, signal) => {
        longest = Math.max(longest, now - began);
        slept++;
        await systemClock.sleep(ms, signal);
        began = now;
      },
    };
    await (await documentsOf(registry, undefined, clock).v2('json')).text();
    expect(slept).toBeGreaterThan(100);
    expect(longest).toBeLessThan(12);
  });
});

test('parts of other servers stand in the document of version 2, in both forms', async () => {
  const { registry, define } = made();
  define('as');
  define('bs', { group: 'both.example.com' });
  const theirs = { paths: { '/apis/g.example.org/v1/cs': { get: { operationId: 'theirs' } } }, definitions: { 'io.k8s.apimachinery.pkg.apis.meta.v1.Status': { type: 'string' }, 'com.example.v1.AS': { type: 'number' }, C: { type: 'object', properties: { status: { $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.Status' } } } } };
  const others: OtherDocuments = { generation: 1, v3Paths: new Map([['apis/g.example.org/v1', 'abc']]), v2Hash: 'x', isOther: (path) => path === 'apis/both.example.com/v1', v3: () => Promise.resolve(undefined), v2Parts: () => Promise.resolve([theirs]) };
  const documents = documentsOf(registry, others);
  const { definitions, paths } = await json(await documents.v2('json'));
  expect(paths?.['/apis/g.example.org/v1/cs']).toEqual({ get: { operationId: 'theirs' } });
  expect(definitions?.['C']).toEqual({ type: 'object', properties: { status: { $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.Status_v2' } } });
  expect([definitions?.['com.example.v1.AS_v2'], definitions?.['io.k8s.apimachinery.pkg.apis.meta.v1.Status_v2']]).toEqual([{ type: 'number' }, { type: 'string' }]);
  expect(definitions?.['com.example.v1.AS']).toHaveProperty('properties.spec');
  // What is behind an APIService is the other server's to describe.
  expect(Object.keys(paths ?? {}).filter((path) => path.startsWith('/apis/both.'))).toEqual([]);
  const binary = (await plain(await documents.v2('protobuf'))).toString('latin1');
  expect(['/apis/g.example.org/v1/cs', 'com.example.v1.AS_v2'].map((name) => binary.includes(name))).toEqual([true, true]);
  expect((await json(await documents.v3Index()))['paths']?.['apis/g.example.org/v1']).toEqual({ serverRelativeURL: '/openapi/v3/apis/g.example.org/v1?hash=abc' });
});
