/** What the server counts, and `/metrics`, where Prometheus reads it. */
import type { KindRegistry } from '@rhythm/api';
import { metricsType, type MetricsRegistry } from '@rhythm/telemetry';
import type { PathHandler } from '../ports/handlers.ts';
import type { Caches } from '../registry/caches.ts';

export { RequestMetrics, type Measured } from './request-metrics.ts';

export function metricsHandler(metrics: MetricsRegistry): PathHandler {
  return async (exchange) => {
    if (exchange.path !== '/metrics') return false;
    await exchange.send(200, { 'content-type': metricsType }, Buffer.from(await metrics.render()));
    return true;
  };
}

/** Objects and watches by resource, read off the caches when somebody asks. */
export function watchCacheMetrics(metrics: MetricsRegistry, caches: Caches, registry: KindRegistry): void {
  const objects = metrics.gauges('apiserver_resource_objects', 'Objects in the watch cache.', ['group', 'resource']);
  const watchers = metrics.gauges('apiserver_registered_watchers', 'Watches that are open.', ['group', 'version', 'kind']);
  metrics.onCollect(() => {
    for (const cache of caches.all()) {
      const kind = registry.storageOf(cache.kind);
      objects.labels(kind.group, kind.plural).set(cache.size);
      watchers.labels(kind.group, kind.version, kind.kind).set(cache.watchers);
    }
  });
}
