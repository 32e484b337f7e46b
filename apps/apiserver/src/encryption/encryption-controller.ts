import { createHash } from 'node:crypto';
import type { KindRegistry } from '@rhythm/api';
import type { LiveFiles } from '@rhythm/config';
import { toError, type Clock, type Log, type Random } from '@rhythm/base';
import { buildRules } from './build-rules.ts';
import { parseEncryptionConfiguration, type KmsConfig } from './configuration.ts';
import { Encryption } from './encryption.ts';
import { KmsProvider } from './kms/kms-provider.ts';
import { dialKms, type KmsPlugin } from './kms/plugin.ts';
import { encryptionLimits } from './limits.ts';
import type { EncryptionMetrics } from './metrics.ts';

export interface EncryptionPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics?: EncryptionMetrics;
  readonly dial?: (config: KmsConfig, clock: Clock) => KmsPlugin;
}

/**
 * Keeps what is encrypted how in line with an EncryptionConfiguration. A new configuration is taken when it can be read and its plugins are well; otherwise
 * the one before stays, which the log and the metrics say.
 */
export class EncryptionController {
  readonly encryption: Encryption;
  readonly #ports: EncryptionPorts;
  #plugins = new Map<string, KmsProvider>();
  /** End what an earlier configuration used. */
  readonly #lingering = new Set<() => void>();
  #hash = '';
  #turn: Promise<void> = Promise.resolve();
  #isStopped = false;
  #unfollow = (): void => undefined;

  constructor(builtIn: KindRegistry, ports: EncryptionPorts) {
    this.#ports = ports;
    this.encryption = new Encryption(builtIn, ports.metrics);
  }

  /** Takes the first configuration: plugins that do not answer are no reason not to start. Rejects with `ConfigFileError`. */
  async start(text: string): Promise<void> {
    await this.#use(text, false);
  }

  /** Takes whatever the file says from now on. */
  follow(file: Pick<LiveFiles<string>, 'onChange'>): void {
    this.#unfollow = file.onChange((text) => void this.reload(text));
  }

  /** Takes another configuration. True when it is in use; false when the one before stays. */
  async reload(text: string): Promise<boolean> {
    const { log, metrics } = this.#ports;
    const before = this.#turn;
    const done = before.then(() => this.#use(text, true));
    this.#turn = done.catch(() => undefined);
    try {
      await done;
    } catch (error) {
      metrics?.reloads?.reloaded(false);
      log.error('the encryption configuration has changed and cannot be used: the one before stays', { error: toError(error).message });
      return false;
    }
    metrics?.reloads?.reloaded(true);
    return true;
  }

  /** Of the configuration in use, as its metric names it; '' before the first. */
  get hash(): string {
    return this.#hash === '' ? '' : `sha256:${this.#hash}`;
  }

  /** @throws Error that says which plugin is not well. */
  check(): void {
    for (const plugin of this.#plugins.values()) plugin.check();
  }

  stop(): void {
    this.#isStopped = true;
    this.#unfollow();
    for (const letGo of this.#lingering) letGo();
    for (const plugin of this.#plugins.values()) plugin.stop();
  }

  /** Ends plugins that are no longer used when reads under way are through, or when the server stops. */
  #letGo(plugins: readonly KmsProvider[]): void {
    const letGo = (): void => {
      timer.cancel();
      this.#lingering.delete(letGo);
      for (const plugin of plugins) plugin.stop();
    };
    const timer = this.#ports.clock.setTimer(encryptionLimits.lingerMs, letGo);
    this.#lingering.add(letGo);
  }

  async #use(text: string, mustBeWell: boolean): Promise<void> {
    const hash = createHash('sha256').update(text).digest('hex');
    if (hash === this.#hash || this.#isStopped) return;
    const { clock, random, log, metrics, dial = dialKms } = this.#ports;
    const plugins = new Map<string, KmsProvider>();
    const fresh: KmsProvider[] = [];
    const rules = buildRules(parseEncryptionConfiguration(text), random, (config) => {
      // A plugin that stays keeps its keys in memory, and goes on with what it writes with.
      const id = JSON.stringify(config);
      const kept = this.#plugins.get(id);
      const provider = kept ?? new KmsProvider(config.name, dial(config, clock), { clock, random, log });
      if (kept === undefined) fresh.push(provider);
      plugins.set(id, provider);
      return provider;
    });
    await Promise.all(fresh.map((provider) => provider.start()));
    try {
      if (mustBeWell) for (const provider of fresh) provider.check();
    } catch (error) {
      for (const provider of fresh) provider.stop();
      throw error;
    }
    const gone = [...this.#plugins].filter(([id]) => !plugins.has(id)).map(([, provider]) => provider);
    this.#plugins = plugins;
    this.#hash = hash;
    this.encryption.use(rules);
    metrics?.reloads?.uses(this.hash);
    log.info('the encryption configuration is in use', { hash: this.hash });
    if (gone.length > 0) this.#letGo(gone);
    if (this.#isStopped) this.stop();
  }
}
