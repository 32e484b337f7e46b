import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resources } from '@rhythm/api';
import type { ConfigMap, Pod } from '@rhythm/api/types/core-v1';
import { logTo, seededRandom, silentLog, systemClock, systemRandom } from '@rhythm/base';
import { apiClient, connectApi, inProcessTransport, type ApiClient } from '@rhythm/client';
import { bidi, dialGrpc, status } from '@rhythm/grpc';
import { ApiClient as Stub, ApiService } from '@rhythm/proto/api';
import { eventRecorder, informerFactory, runLeaderElection } from '@rhythm/controller';
import type { Authority } from '@rhythm/pki';
import { memoryStore } from '@rhythm/store-client';
import type { Apiserver } from '../start.ts';
import { startTestServer, testCluster, testUser, type TestCluster } from '../test-server.ts';

const ports = { clock: systemClock, random: systemRandom };
const store = memoryStore({ clock: systemClock });
let cluster: TestCluster;
let ca: Authority;
let server: Apiserver;
const clients: Array<{ close(): Promise<void> }> = [];

beforeAll(async () => {
  cluster = await testCluster();
  ca = cluster.authority;
  server = await startServer();
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await server.stop();
});

const startServer = (): Promise<Apiserver> => startTestServer(cluster, { store });

async function as(commonName: string, ...organizations: string[]): Promise<ApiClient> {
  return asAt([server], commonName, ...organizations);
}

async function asAt(servers: readonly Apiserver[], commonName: string, ...organizations: string[]): Promise<ApiClient> {
  const pair = await testUser(ca, commonName, ...organizations);
  const client = connectApi({
    targets: servers.map((one) => `127.0.0.1:${one.grpcPort}`),
    tls: { ca: ca.certPem, cert: pair.certPem, key: pair.keyPem },
    clock: systemClock,
    // Begins with the first target.
    random: { ...systemRandom, next: () => 0 },
    log: silentLog,
    userAgent: `test-${commonName}`,
  });
  clients.push(client);
  return client;
}

const map = (name: string, data: Record<string, string> = {}): ConfigMap => ({ metadata: { name, namespace: 'default' }, data });

/** Looks at what nothing tells of, as long as the test may last. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await systemClock.sleep(10);
}

describe('the whole apiserver over a session', () => {
  test('objects live through create, get, update, patch, list and delete', async () => {
    const admin = await as('admin', 'system:masters');
    const made = await admin.create(resources.configMaps, 'default', map('life', { k: '1' }));
    expect(made).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'life', namespace: 'default' } });
    const updated = await admin.update(resources.configMaps, { ...made, data: { k: '2' } });
    await expect(admin.update(resources.configMaps, { ...made, data: { k: '3' } })).rejects.toMatchObject({ reason: 'Conflict' });
    const patched = await admin.patch(resources.configMaps, 'default', 'life', 'merge', JSON.parse('{"data":{"k":null,"__proto__":"x"}}'));
    expect(Object.keys(patched.data ?? {})).toEqual(['__proto__']);
    expect(Number(patched.metadata.resourceVersion)).toBeGreaterThan(Number(updated.metadata.resourceVersion));
    const list = await admin.list(resources.configMaps, 'default', { fieldSelector: 'metadata.name=life' });
    expect(list.items).toEqual([patched]);
    await admin.delete(resources.configMaps, 'default', 'life', { preconditions: { uid: made.metadata.uid ?? '' } });
    await expect(admin.get(resources.configMaps, 'default', 'life')).rejects.toMatchObject({ reason: 'NotFound', code: 404 });
  });

  test('who is not allowed is refused, by name', async () => {
    const nobody = await as('nobody');
    await expect(nobody.list(resources.secrets, '')).rejects.toMatchObject({ reason: 'Forbidden', code: 403, message: expect.stringContaining('User "nobody" cannot list resource "secrets"') });
    const watch = nobody.watch(resources.secrets, '')[Symbol.asyncIterator]();
    await expect(watch.next()).rejects.toMatchObject({ reason: 'Forbidden' });
  });

  test('an informer follows what others write', async () => {
    const admin = await as('admin', 'system:masters');
    const factory = informerFactory(await as('system:kube-controller-manager'), { ...ports, log: silentLog });
    const informer = factory.informer(resources.configMaps, { namespace: 'default', indexes: { k: (o) => [o.data?.['k'] ?? ''] } });
    const seen: string[] = [];
    informer.addHandler({
      onAdd: (o) => seen.push(`add ${o.metadata.name}`),
      onUpdate: (old, o) => seen.push(`update ${o.metadata.name} ${old.data?.['k'] ?? ''}->${o.data?.['k'] ?? ''}`),
      onDelete: (o) => seen.push(`delete ${o.metadata.name}`),
    });
    await informer.synced();
    const before = seen.length;
    const made = await admin.create(resources.configMaps, 'default', map('seen', { k: '1' }));
    await admin.update(resources.configMaps, { ...made, data: { k: '2' } });
    await until(() => informer.byIndex('k', '2').length === 1);
    await admin.delete(resources.configMaps, 'default', 'seen');
    await until(() => informer.get('default/seen') === undefined);
    expect(seen.slice(before)).toEqual(['add seen', 'update seen 1->2', 'delete seen']);
    await factory.stop();
  });

  test('an informer goes on at another apiserver, without a gap and without listing again', async () => {
    const admin = await as('admin', 'system:masters');
    const dying = await startServer();
    const living = await startServer();
    // Its watch cache knows what has happened since it was first asked for.
    await (await asAt([living], 'admin', 'system:masters')).list(resources.configMaps, 'kube-system');
    const lines: string[] = [];
    const client = await asAt([dying, living], 'system:kube-controller-manager');
    const factory = informerFactory(client, { ...ports, log: logTo((_, message) => lines.push(message)) });
    const informer = factory.informer(resources.configMaps, { namespace: 'kube-system' });
    const seen: string[] = [];
    informer.addHandler({ onAdd: (o) => seen.push(o.metadata.name ?? ''), onDelete: (o) => seen.push(`-${o.metadata.name}`) });
    await informer.synced();
    const before = seen.length;
    let written = 0;
    const write = async (): Promise<unknown> => admin.create(resources.configMaps, 'kube-system', { metadata: { name: `gap-${written++}`, namespace: 'kube-system' } });
    for (let i = 0; i < 5; i++) await write();
    const stopping = dying.stop();
    for (let i = 0; i < 20; i++) await write();
    await stopping;
    for (let i = 0; i < 5; i++) await write();
    await until(() => seen.length >= before + written);
    expect(seen.slice(before)).toEqual(Array.from({ length: written }, (_, i) => `gap-${i}`));
    expect(lines.filter((line) => line.includes('listing again'))).toEqual([]);
    await factory.stop();
    await living.stop();
  });

  test('the same client works in process', async () => {
    const caller = { certificate: { commonName: 'admin', organizations: ['system:masters'] }, header: () => undefined, headersWith: () => [] };
    const admin = apiClient(inProcessTransport(server.pipeline, caller));
    const watch = admin.watch(resources.configMaps, 'default', { fieldSelector: 'metadata.name=inside' })[Symbol.asyncIterator]();
    const first = watch.next();
    await admin.create(resources.configMaps, 'default', map('inside'));
    expect((await first).value).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'inside' } } });
    await watch.return?.();
    await expect(admin.get(resources.configMaps, 'default', 'outside')).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('a leader is elected, and events are counted', async () => {
    const scheduler = await as('system:kube-scheduler');
    const started = Promise.withResolvers<void>();
    const election = runLeaderElection({ client: scheduler, name: 'kube-scheduler', identity: 'me', ...ports, log: silentLog, onStarted: () => started.resolve() });
    await started.promise;
    await election.stop();
    const admin = await as('admin', 'system:masters');
    expect((await admin.get(resources.leases, 'kube-system', 'kube-scheduler')).spec.holderIdentity ?? '').toBe('');

    const recorder = eventRecorder(scheduler, { component: 'default-scheduler', clock: systemClock, random: seededRandom(1), log: silentLog });
    const pod = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'p', namespace: 'default', uid: 'u' } } as Pod;
    recorder.event(pod, 'Warning', 'FailedScheduling', 'no node');
    recorder.event(pod, 'Warning', 'FailedScheduling', 'no node');
    await recorder.stop();
    const events = (await admin.list(resources.events, 'default', { fieldSelector: 'involvedObject.name=p' })).items;
    expect(events.map((e) => [e.reason, e.count, e.source.component])).toEqual([['FailedScheduling', 2, 'default-scheduler']]);
  });

  test('a large list comes in pieces and in pages', async () => {
    const admin = await as('admin', 'system:masters');
    const fill = 'x'.repeat(20_000);
    await Promise.all(Array.from({ length: 120 }, (_, i) => admin.create(resources.configMaps, 'kube-public', { metadata: { name: `big-${i}`, namespace: 'kube-public' }, data: { fill } })));
    const whole = await admin.list(resources.configMaps, 'kube-public');
    expect(whole.items.filter((o) => o.data?.['fill'] === fill)).toHaveLength(120);
    const page = await admin.list(resources.configMaps, 'kube-public', { limit: 50 });
    expect(page.items).toHaveLength(50);
    const rest = await admin.list(resources.configMaps, 'kube-public', { limit: 500, continue: page.continue ?? '' });
    expect(page.items.length + rest.items.length).toBe(whole.items.length);
  });
});

test('a session of nobody is over before a frame of it is read', async () => {
  const client = dialGrpc(Stub, { targets: `127.0.0.1:${server.grpcPort}`, tls: { ca: ca.certPem } });
  clients.push({ close: () => Promise.resolve(client.close()) });
  const call = bidi(client, ApiService.session);
  const answered = (async () => {
    for await (const message of call.messages) void message;
  })();
  await expect(answered).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
});
