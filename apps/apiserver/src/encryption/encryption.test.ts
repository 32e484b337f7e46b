import { kindRegistry } from '@rhythm/api';
import { logTo, seededRandom, VirtualClock, type Log } from '@rhythm/base';
import { memoryStore, type Store } from '@rhythm/store-client';
import { afterEach, describe, expect, test } from 'vitest';
import { settled, testApi, type TestApi } from '../testing.ts';
import type { KmsConfig } from './configuration.ts';
import { EncryptedStore, EncryptionController } from './index.ts';
import type { KmsPlugin } from './kms/plugin.ts';
import { encryptionLimits } from './limits.ts';

const secretValue = 'correct horse battery staple';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const key = (fill: number, bytes = 32): string => Buffer.alloc(bytes, fill).toString('base64');
const resources = (providers: string, of = '[secrets]'): string => `{kind: EncryptionConfiguration, apiVersion: apiserver.config.k8s.io/v1, resources: [{resources: ${of}, providers: [${providers}]}]}`;
const gcm = (...keys: Array<[string, number]>): string => `{aesgcm: {keys: [${keys.map(([name, fill]) => `{name: ${name}, secret: ${key(fill)}}`).join(', ')}]}}`;
const plain = '{identity: {}}';

interface Rig {
  readonly api: TestApi;
  readonly controller: EncryptionController;
}

let lines: string[] = [];
const log: Log = logTo((level, message, fields) => lines.push(`${level} ${message} ${JSON.stringify(fields)}`));
const rigs: Rig[] = [];
afterEach(async () => {
  for (const { api, controller } of rigs.splice(0)) {
    controller.stop();
    await api.stop();
  }
  for (const line of lines.splice(0)) for (const fill of [1, 2, 3]) expect(line).not.toContain(key(fill).slice(0, 16));
  lines = [];
});

async function server(store: Store, config: string): Promise<Rig> {
  const clock = new VirtualClock();
  const controller = new EncryptionController(kindRegistry, { clock, random: seededRandom(rigs.length + 1), log });
  await controller.start(config);
  const rig = { api: testApi({ store: new EncryptedStore(store, controller.encryption), clock }), controller };
  rigs.push(rig);
  return rig;
}

const secret = (name: string): object => ({ kind: 'Secret', apiVersion: 'v1', metadata: { name }, data: { password: base64(secretValue) } });
const create = ({ api }: Rig, name: string): Promise<unknown> => api.call('create', 'v1/ns/default/secrets', secret(name));
const read = async ({ api }: Rig, name: string): Promise<string> => ((await api.call('get', `v1/ns/default/secrets/${name}`)) as unknown as { data: { password: string } }).data.password;
async function bytesOf(store: Store, name: string, prefix = '/registry/secrets/default/'): Promise<Buffer> {
  return Buffer.from((await store.range(`${prefix}${name}`)).values[0]?.value ?? []);
}
const rewrite = async (rig: Rig, name: string): Promise<void> => void (await rig.api.call('update', `v1/ns/default/secrets/${name}`, await rig.api.call('get', `v1/ns/default/secrets/${name}`)));
const names = async ({ api }: Rig, resource = 'secrets'): Promise<string[]> => ((await api.call(`list`, `v1/ns/default/${resource}`)) as unknown as { items: Array<{ metadata: { name: string } }> }).items.map((item) => item.metadata.name);

describe('what is stored', () => {
  test.each([
    ['aesgcm', gcm(['one', 1])],
    ['aescbc', `{aescbc: {keys: [{name: one, secret: ${key(1)}}]}}`],
    ['secretbox', `{secretbox: {keys: [{name: one, secret: ${key(1)}}]}}`],
  ])('%s hides it, and everything reads as before', async (type, providers) => {
    const store = memoryStore();
    const rig = await server(store, resources(providers));
    const events = rig.api.watch('v1/ns/default/secrets', { resourceVersion: '0' });
    await create(rig, 'a');
    const stored = await bytesOf(store, 'a');
    expect(stored.toString('latin1').startsWith(`k8s:enc:${type}:v1:one:`)).toBe(true);
    for (const hidden of [secretValue, base64(secretValue), 'password', '"Secret"']) expect(stored.includes(hidden)).toBe(false);
    expect(await read(rig, 'a')).toBe(base64(secretValue));
    expect(await names(rig)).toEqual(['a']);
    await rig.api.call('patch', 'v1/ns/default/secrets/a', { metadata: { labels: { x: 'y' } } }, { contentType: 'application/merge-patch+json' });
    expect((await bytesOf(store, 'a')).equals(stored)).toBe(false);
    const second = await server(store, resources(providers));
    expect(await names(second)).toEqual(['a']);
    const seen: string[] = [];
    for await (const batch of await events) {
      seen.push(...batch.map((event) => event.type));
      if (seen.length === 2) break;
    }
    expect(seen).toEqual(['ADDED', 'MODIFIED']);
    await rig.api.call('delete', 'v1/ns/default/secrets/a');
    expect(await names(second)).toEqual([]);
  });

  test('two values of the same text are never the same bytes', async () => {
    const store = memoryStore();
    const { controller } = await server(store, resources(gcm(['one', 1])));
    const seal = (): Promise<Uint8Array> => controller.encryption.seal(Buffer.from('same'), '/registry/secrets/a/b');
    expect(Buffer.from(await seal()).equals(await seal())).toBe(false);
  });

  test('resources go by name and by wildcard, the first rule that fits', async () => {
    const { controller } = await server(memoryStore(), `{kind: EncryptionConfiguration, apiVersion: apiserver.config.k8s.io/v1, resources: [
      {resources: [configmaps], providers: [${plain}]}, {resources: ['*.apps', '*.'], providers: [${gcm(['one', 1])}]}, {resources: [widgets.example.com], providers: [${gcm(['one', 1])}]}]}`);
    const encrypts = (key: string): boolean => controller.encryption.encrypts(`/registry/${key}`);
    expect(['secrets/a/b', 'pods/a/b', 'services/specs/a/b', 'services/endpoints/a/b', 'minions/n', 'deployments/a/b', 'example.com/widgets/a/b'].map(encrypts)).toEqual(Array(7).fill(true));
    expect(['configmaps/a/b', 'jobs/a/b', 'leases/a/b', 'example.com/gadgets/a/b', 'health', 'ranges/x', 'apiextensions.k8s.io/customresourcedefinitions/x'].map(encrypts)).toEqual(Array(7).fill(false));
    await controller.reload(resources(gcm(['one', 1]), "['*.*']"));
    expect(['configmaps/a/b', 'jobs/a/b', 'example.com/gadgets/a/b'].map(encrypts)).toEqual([true, true, true]);
  });

  test('resources that are not named stay in plain text', async () => {
    const store = memoryStore();
    const { api } = await server(store, resources(gcm(['one', 1])));
    await api.call('create', 'v1/ns/default/configmaps', { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' }, data: { k: 'visible' } });
    expect((await bytesOf(store, 'a', '/registry/configmaps/default/')).includes('visible')).toBe(true);
  });
});

describe('rotation', () => {
  test('plain text, then a key, then another, each without a moment in which something cannot be read', async () => {
    const store = memoryStore();
    const none = testApi({ store });
    await none.call('create', 'v1/ns/default/secrets', secret('a'));
    await none.stop();
    expect((await bytesOf(store, 'a')).includes(base64(secretValue))).toBe(true);

    const rig = await server(store, resources(`${gcm(['one', 1])}, ${plain}`));
    expect(await read(rig, 'a')).toBe(base64(secretValue));
    await rewrite(rig, 'a');
    const one = await bytesOf(store, 'a');
    expect(one.toString('latin1')).toContain('k8s:enc:aesgcm:v1:one:');
    // What is as it should be is not written again.
    await rewrite(rig, 'a');
    expect((await bytesOf(store, 'a')).equals(one)).toBe(true);

    // The new key can be read by all servers before the first of them writes with it.
    const other = await server(store, resources(`${gcm(['one', 1], ['two', 2])}, ${plain}`));
    expect(await rig.controller.reload(resources(`${gcm(['one', 1], ['two', 2])}`))).toBe(true);
    expect(await rig.controller.reload(resources(`${gcm(['two', 2], ['one', 1])}`))).toBe(true);
    await create(rig, 'b');
    expect((await bytesOf(store, 'b')).toString('latin1')).toContain(':two:');
    expect(await names(other)).toEqual(['a', 'b']);
    expect(await read(other, 'b')).toBe(base64(secretValue));
    await rewrite(rig, 'a');
    expect((await bytesOf(store, 'a')).toString('latin1')).toContain(':two:');

    const restarted = await server(store, resources(gcm(['two', 2])));
    expect(await names(restarted)).toEqual(['a', 'b']);

    // And back to plain text.
    await restarted.controller.reload(resources(`${plain}, ${gcm(['two', 2])}`));
    for (const name of ['a', 'b']) await rewrite(restarted, name);
    expect((await bytesOf(store, 'a')).includes(base64(secretValue))).toBe(true);
  });

  test('a server that does not have the new key yet goes on once it has, and leaves nothing out', async () => {
    const store = memoryStore();
    const [ahead, behind] = [await server(store, resources(gcm(['two', 2], ['one', 1]))), await server(store, resources(gcm(['one', 1])))];
    expect(await names(behind)).toEqual([]);
    await create(ahead, 'a');
    await settled(behind.api.clock);
    const list = names(behind).then(
      () => 'listed',
      (error: Error) => error.message,
    );
    for (let turn = 0; turn < 20; turn++) await behind.api.clock.advance(500);
    expect(await list).toContain('unable to transform key "/registry/secrets/default/a": no matching prefix found');
    await behind.controller.reload(resources(gcm(['one', 1], ['two', 2])));
    for (let turn = 0; turn < 10; turn++) await behind.api.clock.advance(500);
    expect(await names(behind)).toEqual(['a']);
  });

  test('a configuration that cannot be used leaves the one before, and is said', async () => {
    const store = memoryStore();
    const rig = await server(store, resources(gcm(['one', 1])));
    for (const bad of ['', 'kind: [', resources(''), resources(`{aesgcm: {keys: [{name: two, secret: ${key(2, 31)}}]}}`)]) expect(await rig.controller.reload(bad)).toBe(false);
    expect(lines.filter((line) => line.startsWith('error'))).toHaveLength(4);
    await create(rig, 'a');
    expect((await bytesOf(store, 'a')).toString('latin1')).toContain(':one:');
  });
});

describe('what cannot be read', () => {
  test('a plugin that is no longer used is let go after a while, and at once when the server stops', async () => {
    const open = new Set<string>();
    const kms = (name: string): string => resources(`{kms: {apiVersion: v2, name: ${name}, endpoint: 'unix:///run/${name}.sock'}}`);
    const clock = new VirtualClock();
    const dial = ({ name }: KmsConfig): KmsPlugin => {
      open.add(name);
      return {
        status: () => Promise.resolve({ version: 'v2', healthz: 'ok', keyId: '1' }),
        encrypt: (plaintext) => Promise.resolve({ ciphertext: Buffer.from(plaintext), keyId: '1', annotations: {} }),
        decrypt: ({ ciphertext }) => Promise.resolve(ciphertext),
        close: () => void open.delete(name),
      };
    };
    const controller = new EncryptionController(kindRegistry, { clock, random: seededRandom(1), log, dial });
    await controller.start(kms('one'));
    expect(await controller.reload(kms('two'))).toBe(true);
    expect([...open]).toEqual(['one', 'two']);
    await clock.advance(encryptionLimits.lingerMs);
    expect([...open]).toEqual(['two']);
    expect(await controller.reload(kms('three'))).toBe(true);
    controller.stop();
    expect([...open]).toEqual([]);
  });

  test('a damaged value is an error for it and for lists of its kind, not for other objects and kinds', async () => {
    const store = memoryStore();
    const rig = await server(store, resources(gcm(['one', 1])));
    await create(rig, 'a');
    await create(rig, 'b');
    const good = await bytesOf(store, 'a');
    const damaged = Buffer.from(good);
    damaged[damaged.length - 1] = (damaged[damaged.length - 1] ?? 0) ^ 1;
    for (const value of [damaged, good.subarray(0, 30), Buffer.from('k8s:enc:aesgcm:v1:other:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'), Buffer.from('k8s:enc:'), Buffer.from('\u0001{"kind":"Secret"}')]) {
      await store.txn([], [{ kind: 'put', key: '/registry/secrets/default/a', value }]);
      await expect(read(rig, 'a')).rejects.toMatchObject({ code: 500, message: expect.stringContaining('Internal error occurred: unable to transform key "/registry/secrets/default/a": ') as string });
      expect(await read(rig, 'b')).toBe(base64(secretValue));
    }
    const fresh = await server(store, resources(gcm(['one', 1])));
    await expect(names(fresh)).rejects.toThrow('unable to transform key');
    expect(await names(fresh, 'configmaps')).toEqual([]);
    expect(await read(fresh, 'b')).toBe(base64(secretValue));
    // Deleted in the store, the kind is whole again.
    await store.txn([], [{ kind: 'delete', key: '/registry/secrets/default/a' }]);
    for (let turn = 0; turn < 10; turn++) await fresh.api.clock.advance(500);
    expect(await names(fresh)).toEqual(['b']);
  });

  test('a ciphertext moved to another key does not open', async () => {
    const store = memoryStore();
    const rig = await server(store, resources(gcm(['one', 1])));
    await create(rig, 'admin');
    await create(rig, 'mine');
    await store.txn([], [{ kind: 'put', key: '/registry/secrets/default/mine', value: await bytesOf(store, 'admin') }]);
    await expect(read(rig, 'mine')).rejects.toThrow('message authentication failed');
  });

  test('plain text put into the store counts only where identity is among the providers', async () => {
    const store = memoryStore();
    const none = testApi({ store });
    await none.call('create', 'v1/ns/default/secrets', secret('a'));
    await none.stop();
    await expect(read(await server(store, resources(gcm(['one', 1]))), 'a')).rejects.toThrow('no matching prefix found');
    expect(await read(await server(store, resources(`${gcm(['one', 1])}, ${plain}`)), 'a')).toBe(base64(secretValue));
  });

  test('a server without the configuration refuses: it does not show an empty list', async () => {
    const store = memoryStore();
    await create(await server(store, resources(gcm(['one', 1]))), 'a');
    const none = testApi({ store });
    await expect(none.call('list', 'v1/ns/default/secrets')).rejects.toThrow('identity transformer tried to read encrypted data');
    await expect(none.call('get', 'v1/ns/default/secrets/a')).rejects.toMatchObject({ code: 500 });
    await none.stop();
  });
});
