import { createHash } from 'node:crypto';
import type { Clock } from '@rhythm/base';
import type { ReloadedFiles } from '@rhythm/config';
import type { MetricsRegistry } from '@rhythm/telemetry';

/** What the metrics of configuration files are told apart by, besides what they say: which server it is (KEP-1965). */
export class ServerIdentity {
  #hash = '';
  readonly #listeners = new Set<() => void>();

  /** '' before it is known. */
  get hash(): string {
    return this.#hash;
  }

  /** @param name of the Lease by which the server is known. */
  set(name: string): void {
    this.#hash = `sha256:${createHash('sha256').update(name).digest('hex')}`;
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` now if the identity is known, or else once it is. */
  whenKnown(listener: () => void): void {
    this.#listeners.add(listener);
    if (this.#hash !== '') listener();
  }
}

/** Reloads of one configuration file, under Kubernetes' names (apiserver/pkg/server/options/{encryptionconfig,authenticationconfig,authorizationconfig}/metrics). */
export class ConfigReloadMetrics {
  readonly #identity: ServerIdentity;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #reloads;
  readonly #reloadedAt;
  readonly #config;
  #hash = '';
  #shown = '';

  constructor(what: 'encryption' | 'authentication' | 'authorization', registry: MetricsRegistry, identity: ServerIdentity, clock: Pick<Clock, 'now'>) {
    const prefix = `apiserver_${what}_config_controller`;
    this.#identity = identity;
    this.#clock = clock;
    this.#reloads = registry.counters(`${prefix}_automatic_reloads_total`, `Total number of automatic reloads of ${what} configuration split by status and apiserver identity.`, ['apiserver_id_hash', 'status']);
    this.#reloadedAt = registry.gauges(`${prefix}_automatic_reload_last_timestamp_seconds`, `Timestamp of the last automatic reload of ${what} configuration split by status and apiserver identity.`, ['apiserver_id_hash', 'status']);
    this.#config = registry.gauges(`${prefix}_last_config_info`, `Information about the last applied ${what} configuration with hash as label, split by apiserver identity: 1 for the one in use.`, ['apiserver_id_hash', 'hash']);
    identity.whenKnown(() => this.#show());
  }

  /** `hash`: of the configuration that is in use from now on, `sha256:` in front. */
  uses(hash: string): void {
    this.#hash = hash;
    this.#show();
  }

  reloaded(succeeded: boolean): void {
    const status = succeeded ? 'success' : 'failure';
    this.#reloads.labels(this.#identity.hash, status).inc();
    this.#reloadedAt.labels(this.#identity.hash, status).set(this.#clock.now() / 1000);
  }

  /** Counts what becomes of changes of a file. */
  follow(file: ReloadedFiles): void {
    this.uses(`sha256:${file.hash}`);
    file.onReload((succeeded) => {
      this.reloaded(succeeded);
      if (succeeded) this.uses(`sha256:${file.hash}`);
    });
  }

  #show(): void {
    if (this.#identity.hash === '' || this.#hash === '') return;
    if (this.#shown !== '' && this.#shown !== this.#hash) this.#config.labels(this.#identity.hash, this.#shown).set(0);
    this.#shown = this.#hash;
    this.#config.labels(this.#identity.hash, this.#hash).set(1);
  }
}

/** Counts the reloads of the files of authentication and authorisation, where these are files. */
export function countReloads(registry: MetricsRegistry, identity: ServerIdentity, { clock, ...files }: { readonly clock: Pick<Clock, 'now'>; readonly authentication?: Partial<ReloadedFiles>; readonly authorization?: Partial<ReloadedFiles> }): void {
  for (const what of ['authentication', 'authorization'] as const) {
    const file = files[what];
    if (isReloaded(file)) new ConfigReloadMetrics(what, registry, identity, clock).follow(file);
  }
}

function isReloaded(file: Partial<ReloadedFiles> | undefined): file is ReloadedFiles {
  return file?.hash !== undefined && file.onReload !== undefined;
}
