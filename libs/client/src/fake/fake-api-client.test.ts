import { describe, expect, test } from 'vitest';
import { ApiError, resources, type TypedResource } from '@rhythm/api';
import type { ConfigMap, Namespace, Node, Pod } from '@rhythm/api/types/core-v1';
import { formatTime, VirtualClock } from '@rhythm/base';
import { fakeApiClient } from './index.ts';

const pod = (name: string, rest: Partial<Pod> = {}): Pod => ({ metadata: { name, namespace: 'default' }, spec: { containers: [{ name: 'c' }] }, ...rest }) as Pod;
const map = (name: string, data: Record<string, string> = {}): ConfigMap => ({ metadata: { name, namespace: 'default' }, data });

function setUp() {
  const clock = new VirtualClock();
  return { clock, client: fakeApiClient({ clock }) };
}

describe('writes', () => {
  test('create fills in what the server does, drops the status and what only it may set', async () => {
    const { client } = setUp();
    const made = await client.create(resources.pods, 'default', pod('a', { metadata: { name: 'a', uid: 'mine' }, status: { phase: 'Running' } }));
    expect(made).toMatchObject({ kind: 'Pod', apiVersion: 'v1', metadata: { namespace: 'default', generation: 1 }, status: { phase: 'Pending' } });
    expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    await expect(client.create(resources.pods, 'default', pod('a'))).rejects.toMatchObject({ reason: 'AlreadyExists' });
    await expect(client.create(resources.pods, 'default', { ...pod('b'), metadata: { name: 'b', resourceVersion: '1' } })).rejects.toMatchObject({ reason: 'BadRequest' });
    await expect(client.create(resources.pods, 'other', pod('b'))).rejects.toMatchObject({ reason: 'BadRequest' });
  });

  test('generateName makes different names', async () => {
    const { client } = setUp();
    const made = await Promise.all([1, 2, 3].map(() => client.create(resources.pods, 'default', { ...pod(''), metadata: { generateName: 'web-' } })));
    expect(new Set(made.map((p) => p.metadata.name)).size).toBe(3);
    for (const p of made) expect(p.metadata.name).toMatch(/^web-[a-z0-9]{5}$/);
  });

  test('an update with an old version or another uid is a conflict', async () => {
    const { client } = setUp();
    const made = await client.create(resources.configMaps, 'default', map('a', { k: '1' }));
    await client.update(resources.configMaps, { ...made, data: { k: '2' } });
    await expect(client.update(resources.configMaps, { ...made, data: { k: '3' } })).rejects.toMatchObject({ reason: 'Conflict', code: 409 });
    const { resourceVersion: _version, ...metadata } = made.metadata;
    await expect(client.update(resources.configMaps, { ...made, metadata: { ...metadata, uid: 'other' } })).rejects.toMatchObject({ reason: 'Conflict' });
    expect((await client.update(resources.configMaps, { ...made, metadata, data: { k: '4' } })).data).toEqual({ k: '4' });
  });

  test('an update that changes nothing makes no version and no event', async () => {
    const { client } = setUp();
    const made = await client.create(resources.configMaps, 'default', map('a', { k: '1' }));
    expect((await client.update(resources.configMaps, made)).metadata.resourceVersion).toBe(made.metadata.resourceVersion);
  });

  test('status and the rest are written apart, and only the rest counts as a generation', async () => {
    const { client } = setUp();
    const made = await client.create(resources.pods, 'default', pod('a'));
    const changed = { ...made, spec: { ...made.spec, nodeName: 'n' }, status: { phase: 'Running' } } as Pod;
    const spec = await client.update(resources.pods, changed);
    expect([spec.spec.nodeName, spec.status?.phase, spec.metadata.generation]).toEqual(['n', 'Pending', 2]);
    const status = await client.update(resources.pods, { ...spec, spec: { ...spec.spec, nodeName: 'm' }, status: { phase: 'Running' } } as Pod, { subresource: 'status' });
    expect([status.spec.nodeName, status.status?.phase, status.metadata.generation]).toEqual(['n', 'Running', 2]);
  });

  test('patches of all kinds; strategic ones merge lists by key', async () => {
    const { client } = setUp();
    await client.create(resources.nodes, '', { metadata: { name: 'n' }, spec: {}, status: { conditions: [{ type: 'Ready', status: 'False' }] } } as unknown as Node);
    const condition = { type: 'MemoryPressure', status: 'False' };
    const patched = await client.patch(resources.nodes, '', 'n', 'strategic', { status: { conditions: [condition] } }, { subresource: 'status' });
    expect(patched.status?.conditions?.map((c) => c.type).toSorted()).toEqual(['MemoryPressure', 'Ready']);
    await client.create(resources.configMaps, 'default', map('a', { k: '1', l: '2' }));
    const merged = await client.patch(resources.configMaps, 'default', 'a', 'merge', JSON.parse('{"data":{"k":null,"__proto__":"x"}}'));
    expect(new Map(Object.entries(merged.data ?? {}))).toEqual(new Map([['__proto__', 'x'], ['l', '2']]));
    const json = await client.patch(resources.configMaps, 'default', 'a', 'json', [{ op: 'test', path: '/data/l', value: '2' }, { op: 'replace', path: '/data/l', value: '3' }]);
    expect(json.data?.['l']).toBe('3');
    await expect(client.patch(resources.configMaps, 'default', 'a', 'merge', { metadata: { resourceVersion: '1' } })).rejects.toMatchObject({ reason: 'Conflict' });
  });

  test('binding sets the node once', async () => {
    const { client } = setUp();
    await client.create(resources.pods, 'default', pod('a'));
    await client.createSubresource(resources.pods, 'default', 'a', 'binding', { target: { kind: 'Node', name: 'n' } });
    const bound = client.peek(resources.pods, 'default', 'a');
    expect(bound?.spec.nodeName).toBe('n');
    expect(bound?.status?.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }]);
    await expect(client.createSubresource(resources.pods, 'default', 'a', 'binding', { target: { name: 'm' } })).rejects.toMatchObject({ reason: 'Conflict' });
  });

  test('a dry run changes nothing', async () => {
    const { client } = setUp();
    await client.create(resources.configMaps, 'default', map('a'), { dryRun: true });
    expect(client.all(resources.configMaps)).toEqual([]);
  });
});

describe('deletion', () => {
  test('waits for finalizers', async () => {
    const { client } = setUp();
    const made = await client.create(resources.configMaps, 'default', { ...map('a'), metadata: { name: 'a', finalizers: ['x/y'] } });
    await client.delete(resources.configMaps, 'default', 'a');
    const going = client.peek(resources.configMaps, 'default', 'a');
    expect(going?.metadata.deletionTimestamp).toBeDefined();
    // Nobody takes a deletion back.
    await client.update(resources.configMaps, { ...made, metadata: { name: 'a', namespace: 'default', finalizers: ['x/y'] }, data: { k: '1' } });
    expect(client.peek(resources.configMaps, 'default', 'a')?.metadata.deletionTimestamp).toBe(going?.metadata.deletionTimestamp);
    await client.patch(resources.configMaps, 'default', 'a', 'merge', { metadata: { finalizers: null } });
    expect(client.peek(resources.configMaps, 'default', 'a')).toBeUndefined();
  });

  test('a pod on a node has its grace, one that is not goes at once', async () => {
    const { client, clock } = setUp();
    client.seed(resources.pods, pod('bound', { spec: { containers: [], nodeName: 'n', terminationGracePeriodSeconds: 7 } as unknown as Pod['spec'] }));
    await client.create(resources.pods, 'default', pod('free'));
    await client.delete(resources.pods, 'default', 'bound');
    await client.delete(resources.pods, 'default', 'free');
    const bound = client.peek(resources.pods, 'default', 'bound');
    expect(bound?.metadata.deletionGracePeriodSeconds).toBe(7);
    expect(bound?.metadata.deletionTimestamp).toBe(formatTime(clock.now() + 7_000));
    expect(client.peek(resources.pods, 'default', 'free')).toBeUndefined();
    await client.delete(resources.pods, 'default', 'bound', { gracePeriodSeconds: 0 });
    expect(client.peek(resources.pods, 'default', 'bound')).toBeUndefined();
  });

  test('a namespace waits to be finalized', async () => {
    const { client } = setUp();
    const made = await client.create(resources.namespaces, '', { metadata: { name: 'n' } } as Namespace);
    await client.delete(resources.namespaces, '', 'n');
    expect(client.peek(resources.namespaces, '', 'n')?.status?.phase).toBe('Terminating');
    await client.update(resources.namespaces, { ...made, metadata: { name: 'n' }, spec: { finalizers: [] } }, { subresource: 'finalize' });
    expect(client.peek(resources.namespaces, '', 'n')).toBeUndefined();
  });

  test('preconditions hold', async () => {
    const { client } = setUp();
    await client.create(resources.configMaps, 'default', map('a'));
    await expect(client.delete(resources.configMaps, 'default', 'a', { preconditions: { uid: 'other' } })).rejects.toMatchObject({ reason: 'Conflict' });
    await expect(client.delete(resources.configMaps, 'default', 'b')).rejects.toMatchObject({ reason: 'NotFound' });
  });
});

describe('reads', () => {
  test('lists by namespace, selectors and pages', async () => {
    const { client } = setUp();
    for (const [name, node] of [['a', 'n'], ['b', 'm'], ['c', 'n']] as const) {
      client.seed(resources.pods, { ...pod(name), metadata: { name, namespace: 'default', labels: { app: name } }, spec: { containers: [], nodeName: node } } as unknown as Pod);
    }
    client.seed(resources.pods, { ...pod('d'), metadata: { name: 'd', namespace: 'other' } });
    const names = async (namespace: string, options: object) => (await client.list(resources.pods, namespace, options)).items.map((p) => p.metadata.name);
    expect(await names('', {})).toEqual(['a', 'b', 'c', 'd']);
    expect(await names('default', { fieldSelector: 'spec.nodeName=n' })).toEqual(['a', 'c']);
    expect(await names('', { labelSelector: 'app in (a,b)' })).toEqual(['a', 'b']);
    const page = await client.list(resources.pods, '', { limit: 3 });
    expect(page.items).toHaveLength(3);
    expect(await names('', { limit: 3, continue: page.continue })).toEqual(['d']);
  });

  test('a watch from a version gives what came after; too old is Expired', async () => {
    const { client } = setUp();
    client.seed(resources.configMaps, map('a'));
    const { resourceVersion } = await client.list(resources.configMaps, '');
    client.seed(resources.configMaps, map('b'));
    const seen = client.watch(resources.configMaps, '', { resourceVersion })[Symbol.asyncIterator]();
    expect((await seen.next()).value).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'b' } } });
    await seen.return?.();
    client.compact();
    await expect(client.watch(resources.configMaps, '', { resourceVersion })[Symbol.asyncIterator]().next()).rejects.toMatchObject({ reason: 'Expired' });
  });

  test('what a test changes in a returned object does not change the server', async () => {
    const { client } = setUp();
    const made = await client.create(resources.configMaps, 'default', map('a', { k: '1' }));
    (made.data ?? {})['k'] = 'changed';
    const [listed] = (await client.list(resources.configMaps, '')).items;
    if (listed?.data !== undefined) listed.data['k'] = 'changed';
    expect((await client.get(resources.configMaps, 'default', 'a')).data).toEqual({ k: '1' });
  });

  test('faults can be put in, and the writes are on record', async () => {
    const clock = new VirtualClock();
    let fail = true;
    const client = fakeApiClient({
      clock,
      before: (call) => {
        if (fail && call.verb === 'update') throw new ApiError('Conflict', 'injected');
      },
    });
    const made = await client.create(resources.configMaps, 'default', map('a'));
    await expect(client.update(resources.configMaps, made)).rejects.toMatchObject({ message: 'injected' });
    fail = false;
    await client.update(resources.configMaps as TypedResource<ConfigMap>, { ...made, data: { k: '1' } });
    expect(client.writes()).toEqual(['create configmaps default/a', 'update configmaps default/a', 'update configmaps default/a']);
  });
});
