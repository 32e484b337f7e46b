import type { Clock } from '@rhythm/base';
import type { MetricsRegistry } from '@rhythm/telemetry';

/** Kubernetes' own (storage/value/metrics.go): 5 µs, doubling 25 times. */
const durationBuckets = Array.from({ length: 25 }, (_, i) => 5e-6 * 2 ** i);

/** Numbers of encryption, under Kubernetes' names. */
export class EncryptionMetrics {
  readonly #clock: Pick<Clock, 'monotonic' | 'now'>;
  readonly #operations;
  readonly #seconds;
  readonly #reloads;
  readonly #reloadedAt;
  readonly #config;
  #hash = '';

  constructor(registry: MetricsRegistry, clock: Pick<Clock, 'monotonic' | 'now'>) {
    this.#clock = clock;
    this.#operations = registry.counters('apiserver_storage_transformation_operations_total', 'Total number of transformations. Successful transformation will have a status "OK".', ['transformation_type', 'transformer_prefix', 'status']);
    this.#seconds = registry.histograms('apiserver_storage_transformation_duration_seconds', 'Latencies in seconds of value transformation operations.', durationBuckets, ['transformation_type', 'transformer_prefix']);
    this.#reloads = registry.counters('apiserver_encryption_config_controller_automatic_reloads_total', 'Total number of reload successes and failures of encryption configuration split by apiserver identity.', ['status']);
    this.#reloadedAt = registry.gauges('apiserver_encryption_config_controller_automatic_reload_last_timestamp_seconds', 'Timestamp of the last successful or failed automatic reload of encryption configuration split by apiserver identity.', ['status']);
    this.#config = registry.gauges('apiserver_encryption_config_controller_last_config_info', 'Information about the last applied encryption configuration with hash as label: 1 for the one in use.', ['hash']);
  }

  /** Starts the measurement of one value; to call with whether it succeeded. */
  begin(type: 'to_storage' | 'from_storage', prefix: string): (succeeded: boolean) => void {
    const began = this.#clock.monotonic();
    const shown = prefix === '' ? 'identity' : prefix;
    return (succeeded) => {
      this.#operations.labels(type, shown, succeeded ? 'OK' : 'unknown').inc();
      this.#seconds.labels(type, shown).observe((this.#clock.monotonic() - began) / 1000);
    };
  }

  /** `hash`: of the configuration that is in use from now on. */
  uses(hash: string): void {
    if (this.#hash !== '') this.#config.labels(this.#hash).set(0);
    this.#hash = hash;
    this.#config.labels(hash).set(1);
  }

  reloaded(succeeded: boolean): void {
    const status = succeeded ? 'success' : 'failure';
    this.#reloads.labels(status).inc();
    this.#reloadedAt.labels(status).set(this.#clock.now() / 1000);
  }
}
