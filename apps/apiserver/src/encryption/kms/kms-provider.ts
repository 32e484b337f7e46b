import { createHash } from 'node:crypto';
import { BoundedCache, causeChain, randomUuid, type Clock, type Log, type Random, type Timer } from '@rhythm/base';
import { EncryptedDEKSourceType, EncryptedObject } from '@rhythm/proto/kms/envelope';
import { encryptionLimits as limits } from '../limits.ts';
import { startsWith, type Opened, type Provider } from '../provider.ts';
import { aesGcm } from '../providers/aes-gcm.ts';
import type { Cipher } from '../providers/keyed.ts';
import { boundedPlugin } from './bounded-plugin.ts';
import type { KmsPlugin } from './plugin.ts';
import { seededCipher, seedBytes } from './seed.ts';

export interface KmsPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** What new values are written with: a seed that the plugin's present key has sealed. */
interface WriteState {
  readonly cipher: Cipher;
  readonly keyId: string;
  readonly sealedSeed: Uint8Array;
  readonly annotations: Readonly<Record<string, Uint8Array>>;
  /** Monotonic; pushed on by each good Status of the same key. */
  until: number;
}

interface KnownKey {
  readonly cipher: Promise<Cipher>;
  readonly until: number;
}

/**
 * KMS v2 (KEP-3299): values are encrypted here, under keys made from a seed; the seed lies sealed beside each value, and only the plugin can open it. The
 * plugin's Status tells which key it seals with: when that changes a new seed is made, and what has the old key is stale. Opened seeds are remembered.
 */
export class KmsProvider implements Provider {
  readonly prefix: string;
  readonly #head: Buffer;
  readonly #name: string;
  readonly #plugin: KmsPlugin;
  readonly #ports: KmsPorts;
  readonly #known = new BoundedCache<KnownKey>(limits.kmsKeysMax);
  #state: WriteState | undefined;
  #failure: string | undefined = 'it has not told its status yet';
  #probing: Promise<void> | undefined;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(name: string, plugin: KmsPlugin, ports: KmsPorts) {
    this.#name = name;
    this.prefix = 'k8s:enc:kms:v2:';
    this.#head = Buffer.from(`${this.prefix}${name}:`);
    this.#plugin = boundedPlugin(plugin);
    this.#ports = ports;
  }

  /** Asks for the plugin's status, and from then on every minute. Does not reject: `check` tells. */
  async start(): Promise<void> {
    await this.#probe();
    if (this.#isStopped) return;
    this.#timer = this.#ports.clock.setTimer(this.#failure === undefined ? limits.kmsStatusEveryMs : limits.kmsStatusAfterFailureMs, () => void this.start());
  }

  /** @throws Error that says what is wrong with the plugin. */
  check(): void {
    if (this.#failure !== undefined) throw new Error(`KMS plugin ${JSON.stringify(this.#name)}: ${this.#failure}`);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#plugin.close();
  }

  async seal(plain: Uint8Array, key: string): Promise<Uint8Array> {
    const state = await this.#writeState();
    const object = EncryptedObject.encode({
      encryptedData: state.cipher.seal(plain, key),
      keyId: state.keyId,
      encryptedDekSource: state.sealedSeed,
      annotations: state.annotations,
      encryptedDekSourceType: EncryptedDEKSourceType.HKDF_SHA256_XNONCE_AES_GCM_SEED,
    }).finish();
    return Buffer.concat([this.#head, object]);
  }

  open(stored: Uint8Array, key: string): Promise<Opened> | undefined {
    return startsWith(stored, this.#head.toString('latin1')) ? this.#open(stored.subarray(this.#head.length), key) : undefined;
  }

  async #open(stored: Uint8Array, key: string): Promise<Opened> {
    const object = decoded(stored);
    const cipher = await this.#cipherOf(object);
    const state = this.#state;
    return { plain: cipher.open(object.encryptedData, key), stale: state !== undefined && (object.keyId !== state.keyId || object.encryptedDekSourceType !== EncryptedDEKSourceType.HKDF_SHA256_XNONCE_AES_GCM_SEED) };
  }

  async #cipherOf(object: EncryptedObject): Promise<Cipher> {
    const id = cacheKey(object);
    const now = this.#ports.clock.monotonic();
    const known = this.#known.get(id);
    if (known !== undefined && known.until > now) return known.cipher;
    const cipher = this.#decrypted(object);
    const asked = { cipher, until: now + limits.kmsKeyMs };
    this.#known.set(id, asked);
    cipher.catch(() => {
      // Somebody may have asked again meanwhile.
      if (this.#known.get(id) === asked) this.#known.delete(id);
    });
    return cipher;
  }

  async #decrypted(object: EncryptedObject): Promise<Cipher> {
    const { random } = this.#ports;
    const secret = await this.#plugin.decrypt({ ciphertext: object.encryptedDekSource, uid: randomUuid(random), keyId: object.keyId, annotations: object.annotations });
    if (object.encryptedDekSourceType === EncryptedDEKSourceType.HKDF_SHA256_XNONCE_AES_GCM_SEED) return seededCipher(secret, random);
    if (![16, 24, 32].includes(secret.length)) throw new Error('the data key has a wrong length');
    return aesGcm(secret, random);
  }

  async #writeState(): Promise<WriteState> {
    const { clock } = this.#ports;
    if (this.#state === undefined || this.#state.until <= clock.monotonic()) await this.#probe();
    const state = this.#state;
    if (state === undefined || state.until <= clock.monotonic()) throw new Error(`no key to encrypt with: ${this.#failure ?? 'the plugin told none'}`);
    return state;
  }

  /** One question at a time, whoever asks. */
  #probe(): Promise<void> {
    this.#probing ??= this.#ask().finally(() => (this.#probing = undefined));
    return this.#probing;
  }

  async #ask(): Promise<void> {
    try {
      const { version, healthz, keyId } = await this.#plugin.status();
      if (version !== 'v2' && version !== 'v2beta1') throw new Error(`unsupported version ${JSON.stringify(version.slice(0, 32))}: want v2`);
      if (healthz !== 'ok') throw new Error(`it says of itself: ${healthz.slice(0, 200)}`);
      checkKeyId(keyId);
      if (this.#state?.keyId !== keyId) await this.#renew(keyId);
      else this.#state.until = this.#ports.clock.monotonic() + limits.kmsWriteStateMs;
      if (this.#failure !== undefined) this.#ports.log.info('the KMS plugin is well', { plugin: this.#name });
      this.#failure = undefined;
    } catch (error) {
      const text = causeChain(error);
      if (text !== this.#failure) this.#ports.log.warn('the KMS plugin is not well', { plugin: this.#name, error: text });
      this.#failure = text;
    }
  }

  async #renew(keyId: string): Promise<void> {
    const { clock, random, log } = this.#ports;
    const seed = random.bytes(seedBytes);
    const sealed = await this.#plugin.encrypt(seed, randomUuid(random));
    checkSealed(sealed.ciphertext, sealed.annotations);
    checkKeyId(sealed.keyId);
    const cipher = seededCipher(seed, random);
    // What the plugin sealed with counts: it may have moved on since its Status.
    const state: WriteState = { cipher, keyId: sealed.keyId, sealedSeed: sealed.ciphertext, annotations: sealed.annotations, until: clock.monotonic() + limits.kmsWriteStateMs };
    if (sealed.keyId !== keyId) log.info('the KMS plugin encrypts with another key than it said: it is changing', { plugin: this.#name });
    this.#known.set(cacheKey({ keyId: sealed.keyId, encryptedDekSource: sealed.ciphertext, annotations: sealed.annotations, encryptedDekSourceType: EncryptedDEKSourceType.HKDF_SHA256_XNONCE_AES_GCM_SEED }), { cipher: Promise.resolve(cipher), until: clock.monotonic() + limits.kmsKeyMs });
    if (this.#state !== undefined) log.info('values are encrypted with a new key of the KMS plugin', { plugin: this.#name, keyIdHash: createHash('sha256').update(sealed.keyId).digest('hex') });
    this.#state = state;
  }
}

function decoded(stored: Uint8Array): EncryptedObject {
  let object: EncryptedObject;
  try {
    object = EncryptedObject.decode(stored);
  } catch {
    throw new Error('failed to decode the stored object');
  }
  checkKeyId(object.keyId);
  checkSealed(object.encryptedDekSource, object.annotations);
  if (object.encryptedData.length === 0) throw new Error('encrypted data is empty');
  const type = object.encryptedDekSourceType;
  if (type !== EncryptedDEKSourceType.AES_GCM_KEY && type !== EncryptedDEKSourceType.HKDF_SHA256_XNONCE_AES_GCM_SEED) throw new Error(`unknown encryptedDEKSourceType ${type}`);
  return object;
}

function checkKeyId(keyId: string): void {
  if (keyId === '') throw new Error('keyID is empty');
  if (Buffer.byteLength(keyId) > limits.kmsKeyIdBytesMax) throw new Error(`keyID is longer than ${limits.kmsKeyIdBytesMax} bytes`);
}

function checkSealed(sealed: Uint8Array, annotations: Readonly<Record<string, Uint8Array>>): void {
  if (sealed.length === 0) throw new Error('encrypted DEK source is empty');
  if (sealed.length > limits.kmsSealedKeyBytesMax) throw new Error(`encrypted DEK source is longer than ${limits.kmsSealedKeyBytesMax} bytes`);
  let bytes = 0;
  for (const [name, value] of Object.entries(annotations)) {
    if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/.test(name)) throw new Error('an annotation is not named by a full domain name');
    bytes += Buffer.byteLength(name) + value.length;
  }
  if (bytes > limits.kmsAnnotationsBytesMax) throw new Error(`annotations have more than ${limits.kmsAnnotationsBytesMax} bytes`);
}

/** All that the plugin is told when it opens a seed. */
function cacheKey(object: Omit<EncryptedObject, 'encryptedData'>): string {
  const hash = createHash('sha256');
  const add = (part: Uint8Array | string): void => {
    const bytes = Buffer.from(part);
    hash.update(`${bytes.length}:`).update(bytes);
  };
  add(String(object.encryptedDekSourceType));
  add(object.keyId);
  add(object.encryptedDekSource);
  for (const name of Object.keys(object.annotations).sort()) {
    add(name);
    add(object.annotations[name] ?? new Uint8Array());
  }
  return hash.digest('base64');
}
