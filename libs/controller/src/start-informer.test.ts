import { afterEach, describe, expect, test } from 'vitest';
import { ApiError, resources } from '@rhythm/api';
import type { ConfigMap } from '@rhythm/api/types/core-v1';
import { logTo, seededRandom, silentLog, VirtualClock } from '@rhythm/base';
import { fakeApiClient, type FakeApiClient, type FakeCall } from '@rhythm/client/fake';
import { informerFactory } from './informer-factory.ts';
import { startInformer, type RunningInformer } from './start-informer.ts';

const running: Array<{ stop(): Promise<void> }> = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});

const map = (name: string, data: Record<string, string> = {}, labels: Record<string, string> = {}): ConfigMap => ({ metadata: { name, namespace: 'default', labels }, data });

function setUp(before?: (call: FakeCall) => void) {
  const clock = new VirtualClock();
  const client = fakeApiClient({ clock, ...(before === undefined ? {} : { before }) });
  const ports = { clock, log: silentLog, random: seededRandom(7) };
  return { clock, client, ports };
}

function recordOf(informer: RunningInformer<ConfigMap>): string[] {
  const seen: string[] = [];
  informer.addHandler({
    onAdd: (o) => seen.push(`add ${o.metadata.name} ${o.data?.['k'] ?? ''}`),
    onUpdate: (old, o) => seen.push(`update ${o.metadata.name} ${old.data?.['k'] ?? ''}->${o.data?.['k'] ?? ''}`),
    onDelete: (o) => seen.push(`delete ${o.metadata.name} ${o.data?.['k'] ?? ''}`),
  });
  return seen;
}

function start(client: FakeApiClient, ports: Parameters<typeof startInformer>[2] | object, extra: object = {}): RunningInformer<ConfigMap> {
  const informer = startInformer(client, resources.configMaps, { ...(ports as Parameters<typeof startInformer<ConfigMap>>[2]), ...extra });
  running.push(informer);
  return informer;
}

describe('informer', () => {
  test('lists, then follows the watch', async () => {
    const { clock, client, ports } = setUp();
    client.seed(resources.configMaps, map('a', { k: '1' }));
    const informer = start(client, ports);
    const seen = recordOf(informer);
    await informer.synced();
    await clock.advance(0);
    await client.create(resources.configMaps, 'default', map('b', { k: '1' }));
    const a = await client.get(resources.configMaps, 'default', 'a');
    await client.update(resources.configMaps, { ...a, data: { k: '2' } });
    await client.delete(resources.configMaps, 'default', 'b');
    await clock.advance(0);
    expect(seen).toEqual(['add a 1', 'add b 1', 'update a 1->2', 'delete b 1']);
    expect(informer.list().map((o) => o.metadata.name)).toEqual(['a']);
    expect(informer.get('default/a')?.data).toEqual({ k: '2' });
    const late = recordOf(informer);
    expect(late).toEqual(['add a 2']);
  });

  test('resumes after a broken watch without listing or losing anything', async () => {
    const { clock, client, ports } = setUp();
    const informer = start(client, ports);
    const seen = recordOf(informer);
    await informer.synced();
    await clock.advance(0);
    client.breakWatches();
    client.seed(resources.configMaps, map('a', { k: '1' }));
    client.seed(resources.configMaps, map('a', { k: '2' }));
    await clock.advance(10_000);
    // `seed` makes a new uid: the same name is then another object.
    expect(seen).toEqual(['add a 1', 'delete a 1', 'add a 2']);
    expect(client.calls.filter((c) => c.verb === 'list')).toHaveLength(1);
    expect(client.watchCount).toBe(1);
  });

  test('lists again when the version is too old and reports only the differences', async () => {
    const { clock, client, ports } = setUp();
    for (const name of ['a', 'b', 'c']) client.seed(resources.configMaps, map(name, { k: '1' }));
    const informer = start(client, ports);
    await informer.synced();
    await clock.advance(0);
    const seen = recordOf(informer);
    seen.length = 0;
    client.breakWatches();
    client.remove(resources.configMaps, 'default', 'b');
    const c = await client.get(resources.configMaps, 'default', 'c');
    await client.update(resources.configMaps, { ...c, data: { k: '2' } });
    client.seed(resources.configMaps, map('d', { k: '1' }));
    client.compact();
    await clock.advance(20_000);
    expect(seen).toEqual(['delete b 1', 'update c 1->2', 'add d 1']);
    expect(client.calls.filter((call) => call.verb === 'list')).toHaveLength(2);
  });

  test('a bookmark moves the version on, so that compaction does not force a list', async () => {
    const { clock, client, ports } = setUp();
    const informer = start(client, ports);
    await informer.synced();
    await clock.advance(0);
    client.seed(resources.secrets, { metadata: { name: 's', namespace: 'default' } });
    client.bookmark();
    await clock.advance(0);
    client.compact();
    client.breakWatches();
    await clock.advance(10_000);
    expect(client.calls.filter((call) => call.verb === 'list')).toHaveLength(1);
    expect(client.watchCount).toBe(1);
  });

  test('goes on trying, slower and slower, while the server is away', async () => {
    let down = true;
    const { clock, client, ports } = setUp((call) => {
      if (down && call.verb === 'list') throw new ApiError('ServiceUnavailable', 'down');
    });
    const informer = start(client, ports);
    let synced = false;
    void informer.synced().then(() => (synced = true));
    await clock.advance(60_000);
    expect(synced).toBe(false);
    const lists = client.calls.length;
    expect(lists).toBeGreaterThan(10);
    expect(lists).toBeLessThan(40);
    down = false;
    await clock.advance(6_000);
    expect(synced).toBe(true);
  });

  test('an object that leaves the selector is deleted, one that enters is added', async () => {
    const { clock, client, ports } = setUp();
    client.seed(resources.configMaps, map('a', { k: '1' }, { app: 'x' }));
    const informer = start(client, ports, { labelSelector: 'app=x' });
    const seen = recordOf(informer);
    await informer.synced();
    await clock.advance(0);
    for (const app of ['y', 'x']) await client.patch(resources.configMaps, 'default', 'a', 'merge', { metadata: { labels: { app } } });
    await clock.advance(0);
    expect(seen).toEqual(['add a 1', 'delete a 1', 'add a 1']);
  });

  test('indexes follow updates and deletes', async () => {
    const { clock, client, ports } = setUp();
    const informer = start(client, ports, { indexes: { k: (o: ConfigMap) => (o.data?.['k'] ?? '').split(',') } });
    await informer.synced();
    await clock.advance(0);
    const names = (value: string) => informer.byIndex('k', value).map((o) => o.metadata.name);
    await client.create(resources.configMaps, 'default', map('a', { k: 'x,y' }));
    await client.create(resources.configMaps, 'default', map('b', { k: 'y,__proto__' }));
    await clock.advance(0);
    expect([names('x'), names('y'), names('__proto__'), names('constructor')]).toEqual([['a'], ['a', 'b'], ['b'], []]);
    await client.patch(resources.configMaps, 'default', 'a', 'merge', { data: { k: 'z' } });
    await client.delete(resources.configMaps, 'default', 'b');
    await clock.advance(0);
    expect([names('x'), names('y'), names('z')]).toEqual([[], [], ['a']]);
    expect(() => informer.byIndex('none', '')).toThrow(/no index/);
  });

  test('a handler that throws is logged and stops neither the others nor the informer', async () => {
    const { clock, client, ports } = setUp();
    const lines: string[] = [];
    const informer = start(client, ports, { log: logTo((_, message) => lines.push(message)) });
    informer.addHandler({
      onAdd: () => {
        throw new Error('oops');
      },
    });
    const seen = recordOf(informer);
    await informer.synced();
    client.seed(resources.configMaps, map('a'));
    await clock.advance(1_000);
    expect(seen).toEqual(['add a ']);
    expect(lines).toContain('an informer handler failed');
  });

  test('pages through a long list', async () => {
    const { clock, client, ports } = setUp();
    for (let i = 0; i < 2_500; i++) client.seed(resources.configMaps, map(`m${i}`));
    const informer = start(client, ports);
    await informer.synced();
    await clock.advance(0);
    expect(informer.list()).toHaveLength(2_500);
    expect(client.calls.filter((call) => call.verb === 'list')).toHaveLength(3);
  });

  test('stop ends the watch and leaves no timer', async () => {
    const { clock, client, ports } = setUp();
    const informer = start(client, ports);
    await informer.synced();
    await clock.advance(0);
    await informer.stop();
    expect(client.watchCount).toBe(0);
    expect(clock.nextTimerAt()).toBeUndefined();
  });
});

test('a factory makes one informer per resource and scope', async () => {
  const { client, ports } = setUp();
  const factory = informerFactory(client, ports);
  running.push(factory);
  const first = factory.informer(resources.configMaps);
  expect(factory.informer(resources.configMaps, { indexes: { name: (o) => [o.metadata.name ?? ''] } })).toBe(first);
  expect(factory.informer(resources.configMaps, { namespace: 'default' })).not.toBe(first);
  client.seed(resources.configMaps, map('a'));
  await factory.synced();
  expect(first.byIndex('name', 'a')).toHaveLength(1);
});
