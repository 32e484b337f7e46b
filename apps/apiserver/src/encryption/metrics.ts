import type { Clock } from '@rhythm/base';
import type { MetricsRegistry } from '@rhythm/telemetry';
import type { ConfigReloadMetrics } from '../reloads/index.ts';

/** Kubernetes' own (storage/value/metrics.go): 5 µs, doubling 25 times. */
const durationBuckets = Array.from({ length: 25 }, (_, i) => 5e-6 * 2 ** i);

/** Numbers of encryption, under Kubernetes' names. */
export class EncryptionMetrics {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #operations;
  readonly #seconds;
  /** Of its configuration. */
  readonly reloads: ConfigReloadMetrics | undefined;

  constructor(registry: MetricsRegistry, clock: Pick<Clock, 'monotonic'>, reloads?: ConfigReloadMetrics) {
    this.reloads = reloads;
    this.#clock = clock;
    this.#operations = registry.counters('apiserver_storage_transformation_operations_total', 'Total number of transformations. Successful transformation will have a status "OK".', ['transformation_type', 'transformer_prefix', 'status']);
    this.#seconds = registry.histograms('apiserver_storage_transformation_duration_seconds', 'Latencies in seconds of value transformation operations.', durationBuckets, ['transformation_type', 'transformer_prefix']);
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
}
