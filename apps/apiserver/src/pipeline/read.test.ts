import { decodeProtobuf, type KubeObject } from '@rhythm/api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { limits } from '../limits.ts';
import { settled, take, testApi, textOf, type SeenEvent, type TestApi } from '../testing.ts';

let api: TestApi;
beforeEach(() => {
  api = testApi();
});
afterEach(() => api.stop());

interface List {
  readonly kind: string;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number };
  readonly items: readonly KubeObject[];
}

const at = 'v1/ns/default/configmaps';
const make = (name: string, labels: Record<string, string> = {}, namespace = 'default'): Promise<KubeObject> => api.call('create', `v1/ns/${namespace}/configmaps`, { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name, labels } });
const names = (list: List): (string | undefined)[] => list.items.map((item) => item.metadata.name);
const expired = { reason: 'Expired', code: 410 };

describe('list', () => {
  test('metadata comes in protobuf, without the rest', async () => {
    await api.call('create', at, { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'meta-only' }, data: { hidden: 'content' } });
    const as = (kind: string): string => `application/vnd.kubernetes.protobuf;as=${kind};g=meta.k8s.io;v=v1`;
    for (const [verb, path, kind] of [['list', at, 'PartialObjectMetadataList'], ['get', `${at}/meta-only`, 'PartialObjectMetadata']] as const) {
      const response = await api.respond(verb, path, undefined, { accept: as(kind) });
      const text = await textOf(response);
      expect(response.contentType).toBe('application/vnd.kubernetes.protobuf');
      expect(text.slice(0, 4)).toBe('k8s\0');
      expect(text).toContain(kind);
      expect(text).toContain('meta-only');
      expect(text).not.toContain('content');
    }
  });

  test('by namespace, label and field', async () => {
    await make('a', { app: 'web' });
    await make('b', { app: 'db' });
    await make('a', { app: 'web' }, 'other');
    expect(names(await api.call<List>('list', 'v1/configmaps'))).toEqual(['a', 'b', 'a']);
    expect(names(await api.call<List>('list', at))).toEqual(['a', 'b']);
    expect(names(await api.call<List>('list', at, undefined, { labelSelector: 'app!=db' }))).toEqual(['a']);
    expect(names(await api.call<List>('list', 'v1/configmaps', undefined, { fieldSelector: 'metadata.namespace=other' }))).toEqual(['a']);
    const event = (name: string, about: string): object => ({ kind: 'Event', apiVersion: 'v1', metadata: { name, namespace: 'default' }, involvedObject: { kind: 'Pod', name: about, namespace: 'default' }, reason: 'R', type: 'Normal' });
    for (const name of ['a', 'b']) await api.call('create', 'v1/ns/default/events', event(`${name}.1`, name), { fieldValidation: 'Strict' });
    expect(names(await api.call<List>('list', 'events.k8s.io/v1/events', undefined, { fieldSelector: 'regarding.name=b,reason=R' }))).toEqual(['b.1']);
    expect(names(await api.call<List>('list', 'v1/events', undefined, { fieldSelector: 'involvedObject.name=a' }))).toEqual(['a.1']);
    await expect(api.call('list', 'events.k8s.io/v1/events', undefined, { fieldSelector: 'involvedObject.name=a' })).rejects.toMatchObject({ code: 400 });
    await expect(api.call('list', at, undefined, { fieldSelector: 'data.x=y' })).rejects.toMatchObject({ code: 400, message: 'field label not supported: data.x' });
    await expect(api.call('list', at, undefined, { labelSelector: '=' })).rejects.toMatchObject({ code: 400 });
  });

  test('an empty one is a list', async () => {
    expect(await api.call<List>('list', at)).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1', items: [] });
  });

  test('pages hold one state, whatever is written in between', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await make(name);
    const first = await api.call<List>('list', at, undefined, { limit: 2 });
    expect(names(first)).toEqual(['a', 'b']);
    expect(first.metadata.remainingItemCount).toBe(3);
    await api.call('delete', `${at}/d`);
    await make('c2');
    const second = await api.call<List>('list', at, undefined, { limit: 2, continue: first.metadata.continue });
    expect(names(second)).toEqual(['c', 'd']);
    expect(second.metadata).toMatchObject({ resourceVersion: first.metadata.resourceVersion, remainingItemCount: 1 });
    const third = await api.call<List>('list', at, undefined, { limit: 2, continue: second.metadata.continue });
    expect(names(third)).toEqual(['e']);
    expect(third.metadata.continue).toBeUndefined();
  });

  test('a page whose state is gone answers 410 with a token to go on with', async () => {
    for (const name of ['a', 'b', 'c']) await make(name);
    const first = await api.call<List>('list', at, undefined, { limit: 1 });
    await make('d');
    await api.store.compact(Number((await api.call<List>('list', at)).metadata.resourceVersion));
    const error = await api.call('list', at, undefined, { limit: 1, continue: first.metadata.continue }).catch((thrown: unknown) => thrown as { continue?: string });
    expect(error).toMatchObject(expired);
    const rest = await api.call<List>('list', at, undefined, { continue: (error as { continue?: string }).continue });
    expect(names(rest)).toEqual(['b', 'c', 'd']);
  });

  test.each(['x', Buffer.from('{}').toString('base64url'), Buffer.from('{"v":"meta.k8s.io/v1","rv":3,"start":"../secrets/x"}').toString('base64url'), Buffer.from('{"v":"meta.k8s.io/v1","rv":0,"start":"a"}').toString('base64url')])('the token %j is refused', async (token) => {
    await expect(api.call('list', at, undefined, { continue: token })).rejects.toMatchObject({ code: 400 });
  });

  test('at an exact version, and not older than one', async () => {
    const a = await make('a');
    await make('b');
    const version = a.metadata.resourceVersion;
    expect(names(await api.call<List>('list', at, undefined, { resourceVersion: version, resourceVersionMatch: 'Exact' }))).toEqual(['a']);
    expect(names(await api.call<List>('list', at, undefined, { resourceVersion: version, resourceVersionMatch: 'NotOlderThan' }))).toContain('a');
    await expect(api.call('list', at, undefined, { resourceVersionMatch: 'Exact' })).rejects.toMatchObject({ code: 422 });
    await expect(api.call('list', at, undefined, { resourceVersion: '0', resourceVersionMatch: 'Exact' })).rejects.toMatchObject({ code: 422 });
  });

  test('a long one comes in pieces that are one JSON document', async () => {
    const filler = 'x'.repeat(20_000);
    for (let i = 0; i < 20; i++) await api.call('create', at, { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: `big-${i}` }, data: { filler } });
    const response = await api.respond('list', at);
    const pieces: Uint8Array[] = [];
    for await (const piece of response.body as AsyncIterable<Uint8Array>) pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(2);
    expect((JSON.parse(Buffer.concat(pieces).toString()) as List).items).toHaveLength(20);
  });
});

describe('forms', () => {
  test('a Table has a row for each object and says what it shows', async () => {
    await make('a');
    const table = await api.call<{ kind: string; columnDefinitions: { name: string }[]; rows: { cells: unknown[]; object: KubeObject }[] }>('list', at, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' });
    expect(table.kind).toBe('Table');
    expect(table.columnDefinitions[0]?.name).toBe('Name');
    expect(table.rows[0]).toMatchObject({ cells: ['a', expect.anything(), expect.anything()], object: { kind: 'PartialObjectMetadata', metadata: { name: 'a' } } });
  });

  test('metadata only', async () => {
    await make('a');
    expect(await api.call('get', `${at}/a`, undefined, { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' })).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'a' } });
    expect(await api.call('list', at, undefined, { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' })).toMatchObject({ kind: 'PartialObjectMetadataList', items: [{ kind: 'PartialObjectMetadata' }] });
  });

  test('protobuf, and 406 for what nobody can write', async () => {
    for (const name of ['a', 'b']) await make(name, { app: 'web' });
    const list = await api.call<List>('list', at);
    const pieces: Uint8Array[] = [];
    for await (const piece of (await api.respond('list', at, undefined, { accept: 'application/vnd.kubernetes.protobuf' })).body as AsyncIterable<Uint8Array>) pieces.push(piece);
    // A list that was written piece by piece is the list that the codec reads.
    const { object, gvk } = decodeProtobuf(Buffer.concat(pieces));
    expect(gvk.kind).toBe('ConfigMapList');
    expect(object).toMatchObject({ metadata: list.metadata, items: list.items.map(({ metadata }) => ({ metadata })) });
    await expect(api.call('list', at, undefined, { accept: 'image/png' })).rejects.toMatchObject({ reason: 'NotAcceptable', code: 406 });
  });

  test('another version of the same stored object', async () => {
    const hpa = { kind: 'HorizontalPodAutoscaler', apiVersion: 'autoscaling/v1', metadata: { name: 'h' }, spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' }, targetCPUUtilizationPercentage: 50 } };
    await api.call('create', 'autoscaling/v1/ns/default/horizontalpodautoscalers', hpa);
    expect(await api.call('get', 'autoscaling/v2/ns/default/horizontalpodautoscalers/h')).toMatchObject({ apiVersion: 'autoscaling/v2', spec: { metrics: [{ type: 'Resource' }] } });
    expect(await api.call('get', 'autoscaling/v1/ns/default/horizontalpodautoscalers/h')).toMatchObject({ apiVersion: 'autoscaling/v1', spec: { targetCPUUtilizationPercentage: 50 } });
  });
});

describe('watch', () => {
  const types = (events: readonly { type: string; name: string }[]): string[] => events.map((e) => `${e.type} ${e.name}`);

  test('from a version: every change after it, in order', async () => {
    await api.call('list', at);
    const a = await make('a');
    await make('b');
    const watch = (await api.watch(at, { resourceVersion: a.metadata.resourceVersion }))[Symbol.asyncIterator]();
    expect(types(await take(watch, 1))).toEqual(['ADDED b']);
    await api.call('patch', `${at}/a`, { data: { x: 'y' } }, { contentType: 'application/merge-patch+json' });
    await api.call('delete', `${at}/a`);
    const seen = await take(watch, 2);
    expect(types(seen)).toEqual(['MODIFIED a', 'DELETED a']);
    // The object of a deletion carries the deletion's version.
    expect(seen[1]?.version).toBeGreaterThan(seen[0]?.version ?? 0);
    await watch.return?.();
  });

  test('without a version the present state comes first', async () => {
    await make('a');
    const watch = (await api.watch(at))[Symbol.asyncIterator]();
    expect(types(await take(watch, 1))).toEqual(['ADDED a']);
    await make('b');
    expect(types(await take(watch, 1))).toEqual(['ADDED b']);
    await watch.return?.();
  });

  test('with sendInitialEvents a bookmark ends the state', async () => {
    await make('a');
    const watch = (await api.watch(at, { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: true }))[Symbol.asyncIterator]();
    const seen = await take(watch, 2);
    expect(types(seen)).toEqual(['ADDED a', 'BOOKMARK ']);
    expect(seen[1]?.object).toMatchObject({ kind: 'ConfigMap', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } });
    await watch.return?.();
    await expect(api.watch(at, { sendInitialEvents: true })).rejects.toMatchObject({ reason: 'Invalid', code: 422 });
  });

  test('bookmarks come each minute and never go ahead of events', async () => {
    const a = await make('a');
    const watch = (await api.watch(at, { resourceVersion: a.metadata.resourceVersion, allowWatchBookmarks: true }))[Symbol.asyncIterator]();
    const b = await make('b');
    await settled(api.clock);
    await api.clock.advance(limits.bookmarkEveryMs);
    const seen = await take(watch, 2);
    expect(types(seen)).toEqual(['ADDED b', 'BOOKMARK ']);
    expect(seen[1]?.version).toBeGreaterThanOrEqual(Number(b.metadata.resourceVersion));
    await watch.return?.();
  });

  test('after a restart it goes on where it was, or is told by an event that this is too old', async () => {
    const from = (await make('a')).metadata.resourceVersion;
    await make('b');
    const last = (await make('c')).metadata.resourceVersion;
    const since = async (resourceVersion: string | undefined, count: number): Promise<SeenEvent[]> => {
      // A server that has only now begun to look at the store.
      const server = testApi({ store: api.store });
      const watch = (await server.watch(at, { resourceVersion }))[Symbol.asyncIterator]();
      const seen = await take(watch, count);
      if (seen[0]?.type === 'ERROR') expect((await watch.next()).done).toBe(true);
      await watch.return?.();
      await server.stop();
      return seen;
    };
    expect(types(await since(from, 2))).toEqual(['ADDED b', 'ADDED c']);
    await api.store.compact(Number(last));
    expect(await since(from, 1)).toMatchObject([{ type: 'ERROR', object: { kind: 'Status', status: 'Failure', ...expired } }]);
  });

  test('an error comes in the encoding of the events', async () => {
    await make('a');
    const last = (await make('b')).metadata.resourceVersion;
    await api.store.compact(Number(last));
    const server = testApi({ store: api.store });
    const watch = await server.watch(at, { resourceVersion: '1', accept: 'application/vnd.kubernetes.protobuf' });
    for await (const [event] of watch) {
      expect(event?.type).toBe('ERROR');
      expect(decodeProtobuf(event?.object ?? new Uint8Array()).object).toMatchObject({ kind: 'Status', code: 410, reason: 'Expired' });
    }
    await server.stop();
  });

  test('ends in peace after its timeout, and when its caller goes', async () => {
    const watch = (await api.watch(at, { timeoutSeconds: 5 }))[Symbol.asyncIterator]();
    const next = watch.next();
    await api.clock.advance(5_000);
    expect((await next).done).toBe(true);
    const gone = new AbortController();
    const other = (await api.watch(at, {}, gone.signal))[Symbol.asyncIterator]();
    const end = other.next();
    gone.abort();
    expect((await end).done).toBe(true);
  });

  test('nothing is taken from it while there is no room, then all that has come, in order', async () => {
    await make('before');
    const watch = await api.watch(at);
    const taken: string[][] = [];
    let room: PromiseWithResolvers<void> | undefined;
    const pumped = watch.pump?.(() => room?.promise, (batch) => void taken.push(batch.map(({ object }) => (JSON.parse(Buffer.from(object).toString()) as KubeObject).metadata.name ?? '')));
    expect(taken).toEqual([['before']]);
    room = Promise.withResolvers();
    for (const name of ['a', 'b', 'c']) await make(name);
    await api.clock.advance(limits.watchRestMaxMs);
    expect(taken).toHaveLength(1);
    room.resolve();
    room = undefined;
    await settled(api.clock);
    expect(taken).toEqual([['before'], ['a', 'b', 'c']]);
    // Who has gone while waiting for room ends it.
    room = Promise.withResolvers();
    await make('d');
    await api.clock.advance(limits.watchRestMaxMs);
    room.reject(new Error('gone'));
    await expect(pumped).rejects.toThrow('gone');
    expect(taken).toHaveLength(2);
  });

  test('pods of one node are told to that node only', async () => {
    const pod = (name: string, node: string): object => ({ kind: 'Pod', apiVersion: 'v1', metadata: { name }, spec: { nodeName: node, containers: [{ name: 'c', image: 'i' }] } });
    const watch = (await api.watch('v1/pods', { fieldSelector: 'spec.nodeName=n1' }))[Symbol.asyncIterator]();
    await api.call('create', 'v1/ns/default/pods', pod('other', 'n2'));
    await api.call('create', 'v1/ns/default/pods', pod('mine', 'n1'));
    await api.call('delete', 'v1/ns/default/pods/mine', { gracePeriodSeconds: 0 });
    expect(types(await take(watch, 2))).toEqual(['ADDED mine', 'DELETED mine']);
    expect(names(await api.call<List>('list', 'v1/pods', undefined, { fieldSelector: 'spec.nodeName=n2' }))).toEqual(['other']);
    await watch.return?.();
  });
});
