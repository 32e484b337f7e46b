import type { KindRegistry } from '@rhythm/api';
import { causeChain } from '@rhythm/base';
import { UnreadableValue } from '../stored/unreadable-value.ts';
import type { EncryptionMetrics } from './metrics.ts';
import { isEncrypted, type Provider } from './provider.ts';
import { identity } from './providers/identity.ts';
import { fits, resourceOfKeys, type StoredResource } from './resource-of-key.ts';

/** The providers of some resources, in the order of the file. */
export interface Rule {
  readonly resources: readonly string[];
  readonly providers: readonly Provider[];
}

const plainOnly: readonly Provider[] = [identity];

/** What is encrypted how. The rules can be replaced while values are read and written: each value is one or the other. */
export class Encryption {
  readonly #resourceOf: (key: string) => StoredResource | undefined;
  readonly #metrics: EncryptionMetrics | undefined;
  #rules: readonly Rule[] = [];
  #byResource = new Map<string, readonly Provider[]>();

  constructor(builtIn: KindRegistry, metrics?: EncryptionMetrics) {
    this.#resourceOf = resourceOfKeys(builtIn);
    this.#metrics = metrics;
  }

  use(rules: readonly Rule[]): void {
    this.#rules = rules;
    this.#byResource = new Map();
  }

  /** Whether new values at `key` are written other than in plain text. */
  encrypts(key: string): boolean {
    return this.#providersOf(key)[0] !== identity;
  }

  /** Whether the configuration says anything of the values at `key`, which may be a prefix of keys. */
  governs(key: string): boolean {
    return this.#providersOf(key) !== plainOnly;
  }

  /** Rejects with `ApiError` when the value cannot be encrypted: then nothing may be written. */
  async seal(plain: Uint8Array, key: string): Promise<Uint8Array> {
    const provider = this.#providersOf(key)[0] ?? identity;
    const done = this.#metrics?.begin('to_storage', provider.prefix);
    try {
      const sealed = await provider.seal(plain, key);
      done?.(true);
      return sealed;
    } catch (error) {
      done?.(false);
      throw new UnreadableValue(key, causeChain(error), { cause: error });
    }
  }

  /** The object at a key, and whether it would be written otherwise today. Rejects with `UnreadableValue`. */
  async open(stored: Uint8Array, key: string): Promise<{ readonly plain: Uint8Array; readonly stale: boolean }> {
    const providers = this.#providersOf(key);
    let failure: unknown;
    for (const provider of providers) {
      const done = this.#metrics?.begin('from_storage', provider.prefix);
      try {
        const opened = await provider.open(stored, key);
        if (opened === undefined) continue;
        done?.(true);
        return { plain: opened.plain, stale: opened.stale || provider !== providers[0] };
      } catch (error) {
        done?.(false);
        // Another provider may have a key of the same name: the value says only so much.
        failure = error;
      }
    }
    if (failure !== undefined) throw new UnreadableValue(key, causeChain(failure), { cause: failure });
    throw new UnreadableValue(key, isEncrypted(stored) && providers.length === 1 && providers[0] === identity ? 'identity transformer tried to read encrypted data' : 'no matching prefix found');
  }

  #providersOf(key: string): readonly Provider[] {
    const stored = this.#resourceOf(key);
    if (stored === undefined) return plainOnly;
    const id = `${stored.group}/${stored.resource}`;
    const known = this.#byResource.get(id);
    if (known !== undefined) return known;
    const providers = providersFor(this.#rules, stored);
    this.#byResource.set(id, providers);
    return providers;
  }
}

/** The first rule that fits the resource, by name or wildcard: earlier ones win. */
function providersFor(rules: readonly Rule[], stored: StoredResource): readonly Provider[] {
  const rule = rules.find(({ resources }) => resources.some((pattern) => fits(pattern, stored)));
  return rule?.providers ?? plainOnly;
}
