import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { seededRandom, silentLog, systemClock, VirtualClock } from '@rhythm/base';
import { GrpcError, serveGrpc, status, unaryHandler } from '@rhythm/grpc';
import { KeyManagementServiceService } from '@rhythm/proto/kms';
import { EncryptedObject } from '@rhythm/proto/kms/envelope';
import { expect, test } from 'vitest';
import { encryptionLimits as limits } from '../limits.ts';
import { aesGcm } from '../providers/aes-gcm.ts';
import { KmsProvider } from './kms-provider.ts';
import { dialKms, type KmsPlugin } from './plugin.ts';
import { derived } from './seed.ts';

const at = '/registry/secrets/default/a';
const plain = Buffer.from('the object');

/** A plugin that keeps its keys by id, and seals as a hardware module would. */
class FakePlugin implements KmsPlugin {
  readonly #keys = new Map<string, Buffer>();
  keyId = 'key-1';
  /** What it says of itself. */
  health = 'ok';
  failing = false;
  annotations: Record<string, Uint8Array> = { 'plugin.example.com': Buffer.from('x') };
  readonly calls = { status: 0, encrypt: 0, decrypt: 0 };
  closed = false;

  async status(): ReturnType<KmsPlugin['status']> {
    this.calls.status++;
    this.#refuse();
    return Promise.resolve({ version: 'v2', healthz: this.health, keyId: this.keyId });
  }

  async encrypt(plaintext: Uint8Array): ReturnType<KmsPlugin['encrypt']> {
    this.calls.encrypt++;
    this.#refuse();
    const cipher = createCipheriv('aes-256-ctr', this.#keyOf(this.keyId), Buffer.alloc(16));
    return Promise.resolve({ ciphertext: cipher.update(plaintext), keyId: this.keyId, annotations: this.annotations });
  }

  async decrypt({ ciphertext, keyId }: Parameters<KmsPlugin['decrypt']>[0]): Promise<Uint8Array> {
    this.calls.decrypt++;
    this.#refuse();
    return Promise.resolve(createDecipheriv('aes-256-ctr', this.#keyOf(keyId), Buffer.alloc(16)).update(ciphertext));
  }

  close(): void {
    this.closed = true;
  }

  #keyOf(id: string): Buffer {
    const key = this.#keys.get(id) ?? Buffer.alloc(32, this.#keys.size + 1);
    this.#keys.set(id, key);
    return key;
  }

  #refuse(): void {
    if (this.failing) throw new Error('the module is away');
  }
}

function setUp(plugin = new FakePlugin()): { plugin: FakePlugin; clock: VirtualClock; provider: KmsProvider; another: () => KmsProvider } {
  const clock = new VirtualClock();
  let servers = 0;
  const make = (): KmsProvider => new KmsProvider('vault', plugin, { clock, random: seededRandom(++servers), log: silentLog });
  return { plugin, clock, provider: make(), another: make };
}
const open = async (provider: KmsProvider, stored: Uint8Array, key = at): Promise<[string, boolean]> => {
  const opened = await provider.open(stored, key);
  return [Buffer.from(opened?.plain ?? []).toString(), opened?.stale ?? false];
};

test('HKDF-Expand gives the first block of RFC 5869, appendix A.1', () => {
  const prk = Buffer.from('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5', 'hex');
  expect(Buffer.from(derived(prk, Buffer.from('f0f1f2f3f4f5f6f7f8f9', 'hex'))).toString('hex')).toBe('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf');
});

test('values are sealed here under one sealed seed, and opened by any server with one question to the plugin', async () => {
  const { plugin, provider, another } = setUp();
  await provider.start();
  const stored = await Promise.all([provider.seal(plain, at), provider.seal(plain, at)]);
  expect(Buffer.from(stored[0]).toString('latin1').startsWith('k8s:enc:kms:v2:vault:')).toBe(true);
  const object = EncryptedObject.decode(stored[0].subarray('k8s:enc:kms:v2:vault:'.length));
  expect(object).toMatchObject({ keyId: 'key-1', encryptedDekSourceType: 1 });
  expect(object.annotations['plugin.example.com']).toBeDefined();
  expect(plugin.calls).toEqual({ status: 1, encrypt: 1, decrypt: 0 });
  expect(await open(provider, stored[0])).toEqual(['the object', false]);
  expect(plugin.calls.decrypt).toBe(0);
  const fresh = another();
  await fresh.start();
  for (const value of stored) expect((await open(fresh, value))[0]).toBe('the object');
  expect(plugin.calls.decrypt).toBe(1);
  await expect(open(provider, stored[0], '/registry/secrets/default/b')).rejects.toThrow('message authentication failed');
});

test('another key id makes another seed, and what has the old one is stale', async () => {
  const { plugin, clock, provider } = setUp();
  await provider.start();
  const old = await provider.seal(plain, at);
  plugin.keyId = 'key-2';
  await clock.advance(limits.kmsStatusEveryMs);
  expect(await open(provider, old)).toEqual(['the object', true]);
  const fresh = await provider.seal(plain, at);
  expect(EncryptedObject.decode(fresh.subarray('k8s:enc:kms:v2:vault:'.length)).keyId).toBe('key-2');
  expect(await open(provider, fresh)).toEqual(['the object', false]);
  expect(plugin.calls.encrypt).toBe(2);
  provider.stop();
});

test('without the plugin known seeds still open, new values stop after three minutes, and it heals by itself', async () => {
  const { plugin, clock, provider, another } = setUp();
  await provider.start();
  const stored = await provider.seal(plain, at);
  plugin.failing = true;
  await clock.advance(limits.kmsStatusEveryMs);
  expect(() => provider.check()).toThrow('the module is away');
  await provider.seal(plain, at);
  await clock.advance(limits.kmsWriteStateMs);
  await expect(provider.seal(plain, at)).rejects.toThrow('no key to encrypt with');
  expect((await open(provider, stored))[0]).toBe('the object');
  const fresh = another();
  await fresh.start();
  await expect(open(fresh, stored)).rejects.toThrow('the module is away');
  plugin.failing = false;
  await clock.advance(limits.kmsStatusAfterFailureMs);
  provider.check();
  await provider.seal(plain, at);
  // A failure to open is not remembered.
  expect((await open(fresh, stored))[0]).toBe('the object');
  provider.stop();
  fresh.stop();
  expect(plugin.closed).toBe(true);
});

test.each([
  ['an unhealthy plugin', { health: 'no quorum' }, 'no quorum'],
  ['no key id', { keyId: '' }, 'keyID is empty'],
  ['a long key id', { keyId: 'k'.repeat(1025) }, 'keyID is longer'],
  ['an annotation without a domain', { annotations: { plain: Buffer.from('x') } }, 'full domain name'],
  ['annotations without end', { annotations: { 'a.example.com': Buffer.alloc(33 * 1024) } }, 'annotations have more than'],
])('%s is not written with', async (_name, change, why) => {
  const { provider, plugin } = setUp();
  Object.assign(plugin, change);
  await provider.start();
  expect(() => provider.check()).toThrow(why);
  await expect(provider.seal(plain, at)).rejects.toThrow(why);
  provider.stop();
});

test('hostile stored values are errors, and values with a data key of its own open and are stale', async () => {
  const { plugin, provider } = setUp();
  await provider.start();
  const head = Buffer.from('k8s:enc:kms:v2:vault:');
  const good = EncryptedObject.decode((await provider.seal(plain, at)).subarray(head.length));
  const stored = (change: Partial<EncryptedObject>): Buffer => Buffer.concat([head, EncryptedObject.encode({ ...good, ...change }).finish()]);
  for (const bad of [head, Buffer.concat([head, Buffer.from([0xff, 0xff, 0xff])]), stored({ keyId: '' }), stored({ encryptedDekSource: new Uint8Array() }), stored({ encryptedDekSource: Buffer.alloc(2000, 1) }), stored({ encryptedData: new Uint8Array() }), stored({ encryptedDekSourceType: 7 as 0 }), stored({ encryptedData: Buffer.alloc(10) })]) {
    await expect(open(provider, bad)).rejects.toThrow();
  }
  expect(provider.open(Buffer.from('k8s:enc:kms:v2:other:x'), at)).toBeUndefined();
  const key = Buffer.alloc(32, 9);
  const { ciphertext } = await plugin.encrypt(key);
  expect(await open(provider, stored({ encryptedData: aesGcm(key, seededRandom(1)).seal(plain, at), encryptedDekSource: ciphertext, encryptedDekSourceType: 0 }))).toEqual(['the object', true]);
  provider.stop();
});

test('over gRPC and a unix socket', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rhythm-kms-'));
  const plugin = new FakePlugin();
  const failing = (thrown: unknown): GrpcError => new GrpcError(status.UNAVAILABLE, (thrown as Error).message);
  const server = await serveGrpc({
    host: `unix:${join(folder, 'kms.sock')}`,
    port: 0,
    services: [
      {
        definition: KeyManagementServiceService,
        implementation: {
          status: unaryHandler(() => plugin.status(), failing),
          encrypt: unaryHandler(({ plaintext }: { plaintext: Uint8Array }) => plugin.encrypt(plaintext), failing),
          decrypt: unaryHandler(async (request: Parameters<KmsPlugin['decrypt']>[0]) => ({ plaintext: Buffer.from(await plugin.decrypt(request)) }), failing),
        },
      },
    ],
  });
  const ports = { clock: systemClock, random: seededRandom(1), log: silentLog };
  const make = (): KmsProvider => new KmsProvider('vault', dialKms({ name: 'vault', socket: join(folder, 'kms.sock'), timeoutMs: 60_000 }, systemClock), ports);
  const [one, two] = [make(), make()];
  try {
    await Promise.all([one.start(), two.start()]);
    one.check();
    expect(await open(two, await one.seal(plain, at))).toEqual(['the object', false]);
  } finally {
    one.stop();
    two.stop();
    await server.stop(0);
    rmSync(folder, { recursive: true });
  }
});
