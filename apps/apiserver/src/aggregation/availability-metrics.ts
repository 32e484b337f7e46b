import type { MetricsRegistry } from '@rhythm/telemetry';
import { isAvailable } from './availability.ts';
import type { ApiServiceTable } from './service-table.ts';

/** Counts an APIService that can be used no more, and why. */
export type CountUnavailable = (name: string, reason: string) => void;

/** What monitoring asks about APIServices, under Kubernetes' names: those that cannot be used now, and how often one came to be so. */
export function availabilityMetrics(metrics: MetricsRegistry, table: Pick<ApiServiceTable, 'all'>): CountUnavailable {
  const now = metrics.gauges('aggregator_unavailable_apiservice', 'APIServices that cannot be used: 1.', ['name']);
  const total = metrics.counters('aggregator_unavailable_apiservice_total', 'How often APIServices came to be unavailable.', ['name', 'reason']);
  let shown = new Set<string>();
  metrics.onCollect(() => {
    const present = new Set<string>();
    for (const object of table.all) {
      const name = object.metadata.name ?? '';
      present.add(name);
      now.labels(name).set(isAvailable(object) ? 0 : 1);
    }
    for (const name of shown) if (!present.has(name)) now.remove(name);
    shown = present;
  });
  return (name, reason) => total.labels(name, reason).inc();
}
