import { kindRegistry } from '@rhythm/api';
import { VirtualClock } from '@rhythm/base';
import { MetricsRegistry } from '@rhythm/telemetry';
import { expect, test } from 'vitest';
import type { ResourceRequest } from '../ports/types.ts';
import { RequestMetrics } from './request-metrics.ts';

const request = (more: Partial<ResourceRequest>): ResourceRequest => ({
  caller: { header: () => undefined, headersWith: () => [] },
  verb: 'get', group: '', version: 'v1', resource: 'pods', namespace: 'default', name: 'a', subresource: '', options: {}, body: new Uint8Array(), contentType: 'application/json', accept: '', userAgent: '', signal: new AbortController().signal, ...more,
});

test('requests are counted by what is served, never by what a client makes up', async () => {
  const metrics = new MetricsRegistry();
  const clock = new VirtualClock();
  const requests = new RequestMetrics(metrics, kindRegistry, clock);
  const open = requests.begin(request({}));
  const watch = requests.begin(request({ verb: 'watch', name: '', namespace: '' }));
  expect(await metrics.render()).toContain('apiserver_current_inflight_requests{request_kind="readOnly"} 1');
  await clock.advance(30);
  open.done(200);
  open.done(500);
  for (let i = 0; i < 5000; i++) requests.begin(request({ resource: `made-up-${i}`, subresource: `${i}`, verb: `verb-${i}` })).done(404);
  const text = await metrics.render();
  expect(text).toContain('apiserver_request_total{verb="GET",dry_run="",group="",version="v1",resource="pods",subresource="",scope="resource",component="apiserver",code="200"} 1');
  expect(text).toContain('apiserver_request_duration_seconds_bucket{verb="GET",dry_run="",group="",version="v1",resource="pods",subresource="",scope="resource",component="apiserver",le="0.05"} 1');
  expect(text).toContain('apiserver_longrunning_requests{verb="WATCH",group="",version="v1",resource="pods",subresource="",scope="cluster",component="apiserver"} 1');
  expect(text).toContain('apiserver_current_inflight_requests{request_kind="readOnly"} 0');
  expect(text).not.toContain('made-up');
  expect(text.match(/^apiserver_request_total\{/gm)).toHaveLength(2);
  watch.done(200);
});
