import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Random } from '@rhythm/base';
import { writeSecretFile } from '@rhythm/pki';
import { parse, stringify } from 'yaml';

/** One provider of an EncryptionConfiguration, as the file has it; what is not known here is kept. */
type ProviderFields = Record<string, { keys?: Array<{ name: string; secret: string }>; name?: string } | undefined>;

interface Configuration {
  resources: Array<{ resources: string[]; providers: ProviderFields[] }>;
}

/** Providers with keys of their own, which a command can change. */
export const keyedProviders = ['aesgcm', 'secretbox', 'aescbc'] as const;
const keyBytes = 32;

/** A configuration that encrypts Secrets with a new key. `readsPlain`: those that are there already are in plain text. */
export function freshConfiguration(random: Pick<Random, 'bytes'>, readsPlain: boolean): string {
  const providers: object[] = [{ aesgcm: { keys: [freshKey(random)] } }];
  if (readsPlain) providers.push({ identity: {} });
  return stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration', resources: [{ resources: ['secrets'], providers }] });
}

/** The file `encryption.yaml` of a cluster. Nothing that it throws or returns shows a key. */
export class EncryptionFile {
  readonly #path: string;
  readonly #configuration: Configuration;
  #text: string;

  private constructor(path: string, text: string, configuration: Configuration) {
    this.#path = path;
    this.#text = text;
    this.#configuration = configuration;
  }

  /** @throws Error for a file that cannot be read; without its contents. */
  static read(path: string): EncryptionFile {
    let text: string;
    let value: unknown;
    try {
      text = readFileSync(path, 'utf8');
      value = parse(text);
    } catch (error) {
      // What the parser says quotes the file.
      throw new Error(`${path} cannot be read as YAML`, { cause: error instanceof Error && 'code' in error && error.code === 'ENOENT' ? error : undefined });
    }
    const { resources } = (typeof value === 'object' && value !== null ? value : {}) as { resources?: unknown };
    const isElement = (one: unknown): boolean => typeof one === 'object' && one !== null && Array.isArray((one as { resources?: unknown }).resources) && Array.isArray((one as { providers?: unknown }).providers);
    if (!Array.isArray(resources) || !resources.every(isElement)) throw new Error(`${path} is no EncryptionConfiguration`);
    return new EncryptionFile(path, text, value as Configuration);
  }

  /** How the values begin that Secrets are written with; '' when they are written in plain text. */
  get prefix(): string {
    const [first] = this.#element.providers;
    const [type = 'identity', fields] = Object.entries(first ?? {})[0] ?? [];
    if (type === 'identity') return '';
    return type === 'kms' ? `k8s:enc:kms:v2:${fields?.name ?? ''}:` : `k8s:enc:${type}:v1:${fields?.keys?.[0]?.name ?? ''}:`;
  }

  /** Of the file as it was read or last written: by this the API server says what it uses. */
  get hash(): string {
    return `sha256:${createHash('sha256').update(this.#text).digest('hex')}`;
  }

  /** Puts a new key behind the first, so that it can be read before anybody writes it. @throws Error when the keys are not this command's to change. */
  addKey(random: Pick<Random, 'bytes'>): void {
    const { keys } = this.#keyed();
    keys.splice(1, 0, freshKey(random));
  }

  /** Puts the key that was added in front of the one before: from now on it writes. */
  useAddedKey(): void {
    const { keys } = this.#keyed();
    keys.unshift(...keys.splice(1, 1));
  }

  /** Leaves the first key alone. */
  dropOldKeys(): void {
    const { keys } = this.#keyed();
    keys.splice(1);
  }

  /** Mode 0600, at once or not at all. */
  write(): void {
    this.#text = stringify(this.#configuration);
    writeSecretFile(this.#path, this.#text);
  }

  /** The element that says how Secrets are written. */
  get #element(): Configuration['resources'][number] {
    const found = this.#configuration.resources.find(({ resources }) => resources.some((one) => one === 'secrets' || one === '*.' || one === '*.*'));
    if (found === undefined) throw new Error(`${this.#path} does not name secrets: they are stored in plain text`);
    return found;
  }

  #keyed(): { readonly keys: Array<{ name: string; secret: string }> } {
    const { resources, providers } = this.#element;
    if (resources.length !== 1 || resources[0] !== 'secrets') throw new Error(`${this.#path} encrypts other kinds with the same keys, which this command does not write again: change the keys by hand (docs/encryption.md)`);
    const [first] = providers;
    const type = keyedProviders.find((one) => first?.[one] !== undefined);
    const keys = type === undefined ? undefined : first?.[type]?.keys;
    if (keys === undefined) throw new Error(`the first provider in ${this.#path} has no keys of its own: a KMS plugin rotates by itself, and identity encrypts nothing (docs/encryption.md)`);
    return { keys };
  }
}

function freshKey(random: Pick<Random, 'bytes'>): { name: string; secret: string } {
  return { name: `key-${Buffer.from(random.bytes(4)).toString('hex')}`, secret: Buffer.from(random.bytes(keyBytes)).toString('base64') };
}
