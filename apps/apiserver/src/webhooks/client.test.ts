import { seededRandom, systemClock, VirtualClock } from '@rhythm/base';
import type { KubeObject } from '@rhythm/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MemoryObjects } from '../auth/memory-objects.ts';
import { CircuitBreaker } from './breaker.ts';
import { WebhookClient } from './client.ts';
import { webhookLimits } from './limits.ts';
import { startWebhook, type TestWebhook } from './testing.ts';

let webhook: TestWebhook;
const objects = new MemoryObjects();
const client = new WebhookClient({ reader: objects, clock: systemClock, random: seededRandom(1) });

beforeAll(async () => {
  webhook = await startWebhook((path, body) => {
    if (path.startsWith('/echo')) return { body: { path, body } };
    if (path.startsWith('/redirect')) return { code: 307, headers: { location: webhook.url('/echo') } };
    if (path.startsWith('/large')) return { body: 'x'.repeat(webhookLimits.responseBytesMax + 1) };
    if (path.startsWith('/text')) return { body: 'no json' };
    if (path.startsWith('/fail')) return { code: 500, body: 'broken' };
    return new Promise(() => undefined);
  });
});
afterAll(async () => {
  client.close();
  await webhook.stop();
});

const post = (path: string, timeoutMs = 30_000, signal?: AbortSignal): Promise<unknown> => client.post({ url: webhook.url(path), caBundle: webhook.caBundle }, { a: 1 }, timeoutMs, signal);

describe('a webhook by its URL', () => {
  test('is posted JSON, with its timeout, over one connection', async () => {
    expect(await post('/echo')).toEqual({ path: '/echo?timeout=30s', body: { a: 1 } });
    const before = webhook.connections();
    for (let i = 0; i < 5; i++) await post('/echo');
    expect(webhook.connections()).toBe(before);
  });

  test('is called again over a fresh connection when the kept one has gone', async () => {
    await post('/echo');
    webhook.dropIdle();
    expect(await post('/echo')).toMatchObject({ body: { a: 1 } });
  });

  test.each([
    ['/redirect', 'the server answered with a redirect (307), which is not followed'],
    ['/large', `the answer has more than ${webhookLimits.responseBytesMax} bytes`],
    ['/text', "couldn't get version/kind; json parse error"],
    ['/fail', 'an error on the server ("broken") has prevented the request from succeeding'],
  ])('%s is refused', async (path, message) => {
    await expect(post(path)).rejects.toThrow(message);
  });

  test('must answer in time', async () => {
    await expect(post('/hang', 50)).rejects.toThrow(`Post "${webhook.url('/hang')}?timeout=1s": context deadline exceeded`);
  });

  test('is given up with its caller', async () => {
    const caller = new AbortController();
    const call = post('/hang', 30_000, caller.signal);
    caller.abort(new Error('gone'));
    await expect(call).rejects.toThrow('gone');
  });

  test('must be of the bundle', async () => {
    const other = await startWebhook(() => ({ body: {} }));
    await expect(client.post({ url: webhook.url('/echo'), caBundle: other.caBundle }, {}, 30_000)).rejects.toThrow('tls: failed to verify certificate: x509: certificate signed by unknown authority');
    await expect(client.post({ url: webhook.url('/echo') }, {}, 30_000)).rejects.toThrow('x509');
    await other.stop();
    await expect(client.post({ url: other.url('/echo'), caBundle: other.caBundle }, {}, 30_000)).rejects.toThrow('connect: connection refused');
  });
});

describe('a webhook by its service', () => {
  const service = { name: 'hook', namespace: 'a', port: 8443, path: '/echo' };
  const slice = (address: string): KubeObject => ({ metadata: { name: 's', namespace: 'a', labels: { 'kubernetes.io/service-name': 'hook' } }, ports: [{ port: 9443 }], endpoints: [{ addresses: [address] }] }) as KubeObject;

  test('says what is missing of it', async () => {
    await expect(client.post({ service }, {}, 30_000)).rejects.toThrow('service "hook" not found');
    objects.put('', 'services', { metadata: { name: 'hook', namespace: 'a' }, spec: { ports: [{ port: 443 }] } } as KubeObject);
    await expect(client.post({ service }, {}, 30_000)).rejects.toThrow('no service port 8443 found for service "hook"');
    objects.put('', 'services', { metadata: { name: 'hook', namespace: 'a' }, spec: { ports: [{ port: 8443 }] } } as KubeObject);
    await expect(client.post({ service }, {}, 30_000)).rejects.toThrow('no endpoints available for service "hook"');
  });

  test('is never looked for on the server itself', async () => {
    objects.put('discovery.k8s.io', 'endpointslices', slice('127.0.0.1'));
    await expect(client.post({ service }, {}, 30_000)).rejects.toThrow('no endpoints available');
    objects.put('discovery.k8s.io', 'endpointslices', slice('169.254.169.254'));
    await expect(client.post({ service }, {}, 30_000)).rejects.toThrow('no endpoints available');
  });
});

test('a webhook that hangs on and on is left alone, then tried again', async () => {
  const clock = new VirtualClock();
  const breaker = new CircuitBreaker();
  for (let i = 0; i < webhookLimits.breakerFailuresMax; i++) {
    expect(breaker.enter(clock.monotonic())).toBe(0);
    breaker.failed(clock.monotonic(), 10_000);
  }
  expect(breaker.enter(clock.monotonic())).toBe(webhookLimits.breakerPauseMinMs);
  await clock.advance(webhookLimits.breakerPauseMinMs);
  expect(breaker.enter(clock.monotonic())).toBe(0);
  // Only one tries.
  expect(breaker.enter(clock.monotonic())).toBeGreaterThan(0);
  breaker.failed(clock.monotonic(), 10_000);
  expect(breaker.enter(clock.monotonic())).toBe(2 * webhookLimits.breakerPauseMinMs);
  await clock.advance(2 * webhookLimits.breakerPauseMinMs);
  expect(breaker.enter(clock.monotonic())).toBe(0);
  breaker.succeeded();
  expect([breaker.enter(clock.monotonic()), breaker.enter(clock.monotonic())]).toEqual([0, 0]);
});

test('failures that cost no time are no reason to leave a webhook alone', () => {
  const breaker = new CircuitBreaker();
  for (let i = 0; i < 20; i++) breaker.failed(0, 3);
  expect(breaker.enter(0)).toBe(0);
});
