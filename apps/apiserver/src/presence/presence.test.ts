import { seededRandom, silentLog, VirtualClock, type Clock } from '@rhythm/base';
import { memoryStore, type Store } from '@rhythm/store-client';
import type { Endpoints } from '@rhythm/api/types/core-v1';
import type { Lease } from '@rhythm/api/types/coordination-v1';
import type { EndpointSlice } from '@rhythm/api/types/discovery-v1';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bootstrapNamespaces, bootstrapOwnService } from '../bootstrap/bootstrap.ts';
import { objectReader } from '../pipeline/object-reader.ts';
import { OwnWrites } from '../pipeline/own-writes.ts';
import { testApi, type TestApi } from '../testing.ts';
import { encryptionAnnotation, Presence, presenceLimits } from './index.ts';

let clock: VirtualClock;
let store: Store;
const deaf = new Set<Presence>();
let servers: Array<{ readonly api: TestApi; readonly presence: Presence }>;
beforeEach(() => {
  clock = new VirtualClock();
  store = memoryStore({ clock });
  servers = [];
});
afterEach(async () => {
  for (const { api, presence } of servers) {
    await presence.stop();
    await api.stop();
  }
});

const sleepless = (): Clock => ({ now: () => clock.now(), monotonic: () => clock.monotonic(), sleep: (ms, signal) => clock.sleep(ms, signal), setTimer: (ms, callback) => clock.setTimer(ms, callback) });

/** An API server with caches of its own. */
async function server(ip: string, port = 6443, encryptionHash = () => ''): Promise<{ api: TestApi; presence: Presence }> {
  const api = testApi({ store, clock });
  const [reader, writes] = [objectReader(api.ports), new OwnWrites(api.ports)];
  // Until it is killed it has timers like everybody.
  const mortal = { ...sleepless(), setTimer: (ms: number, callback: () => void) => clock.setTimer(ms, () => (deaf.has(made.presence) ? undefined : callback())) };
  const made: { api: TestApi; presence: Presence } = { api, presence: new Presence({ ip, port }, `host-${ip}`, { store, reader, writes, clock: mortal, random: seededRandom(servers.length + 1), log: silentLog, encryptionHash }) };
  servers.push(made);
  await bootstrapNamespaces(reader, writes);
  await bootstrapOwnService(reader, writes, { port, serviceIp: '10.96.0.1' });
  await made.presence.start();
  return made;
}

async function endpoints({ api }: { readonly api: TestApi }): Promise<string[]> {
  const object = await api.call<Endpoints>('get', 'v1/ns/default/endpoints/kubernetes');
  return (object.subsets ?? []).flatMap(({ addresses, ports }) => (addresses ?? []).map(({ ip }) => `${ip}:${ports?.[0]?.port}`));
}

async function slices({ api }: { readonly api: TestApi }): Promise<Record<string, string[]>> {
  const { items } = await api.call<{ items: EndpointSlice[] }>('list', 'discovery.k8s.io/v1/ns/default/endpointslices');
  return Object.fromEntries(items.map((slice) => [slice.metadata.name ?? '', (slice.endpoints ?? []).flatMap((one) => one.addresses ?? []).map((ip) => `${ip}:${slice.ports?.[0]?.port}`)]));
}

/** A process that dies says nothing any more: its turns reach no store. */
const kill = (dead: { readonly presence: Presence }): void => void (deaf.add(dead.presence));

test('every server that lives is an endpoint, in the order of addresses, whoever writes', async () => {
  const [b, a] = [await server('192.0.2.2'), await server('192.0.2.1')];
  expect(await endpoints(a)).toEqual(['192.0.2.1:6443', '192.0.2.2:6443']);
  expect(await slices(b)).toEqual({ kubernetes: ['192.0.2.1:6443', '192.0.2.2:6443'] });
  const before = (await store.range('/registry/services/endpoints/default/kubernetes')).values[0]?.modRevision;
  await clock.advance(5 * presenceLimits.renewEveryMs);
  // What is right is not written again.
  expect((await store.range('/registry/services/endpoints/default/kubernetes')).values[0]?.modRevision).toBe(before);
});

test('one that stops leaves at once, one that dies within its time and a turn of the others', async () => {
  const [a, b, c] = [await server('192.0.2.1'), await server('192.0.2.2'), await server('192.0.2.3')];
  await b.presence.stop();
  expect(await endpoints(a)).toEqual(['192.0.2.1:6443', '192.0.2.3:6443']);
  kill(c);
  await clock.advance(presenceLimits.endpointSeconds * 1000 - 1_000);
  expect(await endpoints(a)).toEqual(['192.0.2.1:6443', '192.0.2.3:6443']);
  await clock.advance(presenceLimits.renewEveryMs + 2_000);
  expect(await endpoints(a)).toEqual(['192.0.2.1:6443']);
  await a.presence.stop();
  expect(await endpoints(a)).toEqual([]);
});

test('servers of several ports on one machine have a subset and a slice each', async () => {
  const [a, b] = [await server('192.0.2.1', 6443), await server('192.0.2.1', 7443)];
  expect(await endpoints(a)).toEqual(['192.0.2.1:6443', '192.0.2.1:7443']);
  expect(await slices(a)).toEqual({ kubernetes: ['192.0.2.1:6443'], 'kubernetes-7443': ['192.0.2.1:7443'] });
  await a.presence.stop();
  expect(await slices(b)).toEqual({ kubernetes: ['192.0.2.1:7443'] });
});

test('many that start at once all come in', async () => {
  const all = await Promise.all(Array.from({ length: 5 }, (_, i) => server(`192.0.2.${i + 1}`)));
  await clock.advance(presenceLimits.renewEveryMs);
  for (const one of all) expect(await endpoints(one)).toHaveLength(5);
});

test('a loopback address is nobody’s endpoint', async () => {
  const a = await server('127.0.0.1');
  await expect(a.api.call('get', 'v1/ns/default/endpoints/kubernetes')).rejects.toMatchObject({ reason: 'NotFound' });
});

test('each server renews a Lease of its own, and those of the dead are collected', async () => {
  const [a, b] = [await server('192.0.2.1'), await server('192.0.2.2')];
  const leases = async (): Promise<Lease[]> => (await a.api.call<{ items: Lease[] }>('list', 'coordination.k8s.io/v1/ns/kube-system/leases')).items;
  await a.api.call('create', 'coordination.k8s.io/v1/ns/kube-system/leases', { kind: 'Lease', apiVersion: 'coordination.k8s.io/v1', metadata: { name: 'somebody' }, spec: { leaseDurationSeconds: 1, renewTime: '1999-01-01T00:00:00.000000Z' } });
  const own = async (): Promise<Lease[]> => (await leases()).filter(({ metadata }) => metadata.labels?.['apiserver.kubernetes.io/identity'] === 'kube-apiserver');
  expect(new Set((await own()).map(({ metadata }) => metadata.name))).toEqual(new Set([a.presence.identity.name, b.presence.identity.name]));
  const [first] = await own();
  expect(first?.metadata.name).toMatch(/^apiserver-[0-9a-z]{26}$/);
  expect(first?.metadata.labels?.['kubernetes.io/hostname']).toMatch(/^host-192\.0\.2\./);
  expect(first?.spec).toMatchObject({ leaseDurationSeconds: 3600, holderIdentity: expect.stringMatching(/^apiserver-[0-9a-z]{26}_[0-9a-f-]{36}$/) as string });
  await clock.advance(presenceLimits.renewEveryMs);
  expect((await own()).find(({ metadata }) => metadata.name === first?.metadata.name)?.spec?.renewTime).not.toBe(first?.spec?.renewTime);
  kill(b);
  for (let turn = 0; turn < 3; turn++) await clock.advance(presenceLimits.collectEveryMs);
  expect((await own()).map(({ metadata }) => metadata.name)).toEqual([a.presence.identity.name]);
  expect((await leases()).map(({ metadata }) => metadata.name)).toContain('somebody');
});

test('the Lease says by which encryption configuration its server writes, and keeps what others noted on it', async () => {
  let hash = 'sha256:one';
  const { api, presence } = await server('192.0.2.1', 6443, () => hash);
  const path = `coordination.k8s.io/v1/ns/kube-system/leases/${presence.identity.name}`;
  const annotations = async (): Promise<unknown> => (await api.call<Lease>('get', path)).metadata.annotations ?? {};
  expect(await annotations()).toEqual({ [encryptionAnnotation]: 'sha256:one' });
  await api.call('patch', path, { metadata: { annotations: { note: 'mine' } } }, { contentType: 'application/merge-patch+json' });
  hash = 'sha256:two';
  await clock.advance(presenceLimits.renewEveryMs);
  expect(await annotations()).toEqual({ note: 'mine', [encryptionAnnotation]: 'sha256:two' });
  hash = '';
  await clock.advance(presenceLimits.renewEveryMs);
  expect(await annotations()).toEqual({ note: 'mine' });
});
