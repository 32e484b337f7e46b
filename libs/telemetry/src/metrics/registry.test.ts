import { systemClock } from '@rhythm/base';
import { expect, test } from 'vitest';
import { servePages, metricsType } from '../serve-pages.ts';
import { exponentialBuckets } from './histogram.ts';
import { processMetrics } from './process-metrics.ts';
import { MetricsRegistry } from './registry.ts';

test('writes what Prometheus reads', async () => {
  const registry = new MetricsRegistry();
  registry.counter('b_total', 'Counts\nb.').inc(2);
  registry.gauge('a', 'A gauge.').set(-1.5);
  const calls = registry.counters('calls_total', 'Calls.', ['method', 'code']);
  calls.labels('Put', 'OK').inc();
  calls.labels('Put', 'OK').inc();
  calls.labels('say "hi"\\\n', 'x').inc();
  const seconds = registry.histogram('seconds', 'Took.', exponentialBuckets(0.5, 2, 2));
  for (const value of [0.5, 0.6, 5]) seconds.observe(value);
  expect(await registry.render()).toBe(
    [
      '# HELP a A gauge.', '# TYPE a gauge', 'a -1.5',
      '# HELP b_total Counts\\nb.', '# TYPE b_total counter', 'b_total 2',
      '# HELP calls_total Calls.', '# TYPE calls_total counter', 'calls_total{method="Put",code="OK"} 2', 'calls_total{method="say \\"hi\\"\\\\\\n",code="x"} 1',
      '# HELP seconds Took.', '# TYPE seconds histogram', 'seconds_bucket{le="0.5"} 1', 'seconds_bucket{le="1"} 2', 'seconds_bucket{le="+Inf"} 3', 'seconds_sum 6.1', 'seconds_count 3', '',
    ].join('\n'),
  );
});

test('label values chosen by callers do not fill the memory', async () => {
  const registry = new MetricsRegistry();
  const paths = registry.counters('paths_total', 'Paths.', ['path'], 3);
  for (let at = 0; at < 1000; at++) paths.labels(`/${at}${'x'.repeat(10_000)}`).inc();
  const text = await registry.render();
  expect(text).toContain('paths_total{path="other"} 997');
  expect(text.length).toBeLessThan(1200);
});

test('brings up to date before reading; one that fails does not keep the others', async () => {
  const registry = new MetricsRegistry();
  const [gauge, counter] = [registry.gauge('g', 'G.'), registry.counter('c', 'C.')];
  registry.onCollect(() => Promise.reject(new Error('gone')));
  registry.onCollect(async () => gauge.set(7));
  registry.onCollect(() => counter.raiseTo(3));
  processMetrics(registry, systemClock);
  const text = await registry.render();
  expect(text).toMatch(/^c 3$/m);
  expect(text).toMatch(/^g 7$/m);
  expect(text).toMatch(/^process_resident_memory_bytes [1-9]\d+$/m);
  expect(text).toMatch(/^process_open_fds [1-9]\d*$/m);
  counter.raiseTo(1);
  expect(await registry.render()).toMatch(/^c 3$/m);
  expect(() => registry.gauge('g', 'again')).toThrow('registered once');
});

test('pages are served to GET and HEAD', async () => {
  const server = await servePages('127.0.0.1', 0, async (path, query) => {
    if (path === '/boom') throw new Error('why');
    return path === '/metrics' ? { status: 200, type: metricsType, body: `q=${query.get('q') ?? ''}` } : undefined;
  });
  try {
    const at = `http://127.0.0.1:${server.port}`;
    const found = await fetch(`${at}/metrics?q=1`);
    expect([found.status, found.headers.get('content-type'), await found.text()]).toEqual([200, metricsType, 'q=1']);
    expect((await fetch(`${at}/other`)).status).toBe(404);
    expect((await fetch(`${at}/metrics`, { method: 'POST' })).status).toBe(405);
    const failed = await fetch(`${at}/boom`);
    expect([failed.status, await failed.text()]).toEqual([500, 'why\n']);
  } finally {
    await server.stop();
  }
});
