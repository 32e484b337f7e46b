import { kindRegistry } from '@rhythm/api';
import { afterEach, describe, expect, test } from 'vitest';
import { limits } from '../limits.ts';
import { take, testApi, testCaller, type TestApi } from '../testing.ts';
import { Pipeline } from './pipeline.ts';
import type { Authorizer, ResourceRequest } from '../ports/types.ts';
import { WatchCount } from '../ports/watch-count.ts';

let api: TestApi;
afterEach(() => api.stop());

const secret = (name: string): object => ({ kind: 'Secret', apiVersion: 'v1', metadata: { name } });
const secrets = 'v1/ns/default/secrets';

function request(verb: string, more: Partial<ResourceRequest> = {}): ResourceRequest {
  return {
    caller: testCaller, verb, group: '', version: 'v1', resource: 'secrets', namespace: 'default', name: '', subresource: '', options: {}, body: new Uint8Array(),
    contentType: 'application/json', accept: 'application/json', userAgent: 'test', signal: new AbortController().signal, ...more,
  };
}

/** A pipeline over the same objects where only requests on `mine` are allowed, as a role with resourceNames does. */
function onlyMine(): Pipeline {
  const authorizer: Authorizer = { authorize: ({ name }) => Promise.resolve({ allowed: name === 'mine', reason: '' }), rulesFor: () => Promise.resolve({ resourceRules: [], nonResourceRules: [], incomplete: false }) };
  return new Pipeline({ ...api.ports, authorizer });
}

describe('whoever may see one name sees one name', () => {
  test('a watch, a list or a deletion of all is not to be had by naming one', async () => {
    api = testApi();
    await api.call('create', secrets, secret('mine'));
    await api.call('create', secrets, secret('others'));
    const pipeline = onlyMine();
    await expect(pipeline.handle(request('list', { name: 'mine' }))).rejects.toMatchObject({ reason: 'MethodNotAllowed' });
    await expect(pipeline.handle(request('deletecollection', { name: 'mine' }))).rejects.toMatchObject({ reason: 'MethodNotAllowed' });
    await expect(pipeline.watch(request('watch'))).rejects.toMatchObject({ reason: 'Forbidden' });
    const watch = (await pipeline.watch(request('watch', { name: 'mine' })))[Symbol.asyncIterator]();
    expect((await take(watch, 1)).map((event) => event.name)).toEqual(['mine']);
    await api.call('update', `${secrets}/others`, { ...secret('others'), metadata: { name: 'others', labels: { a: 'b' } } });
    await api.call('update', `${secrets}/mine`, { ...secret('mine'), metadata: { name: 'mine', labels: { a: 'b' } } });
    expect((await take(watch, 1)).map((event) => event.name)).toEqual(['mine']);
  });

  test('the name of a watch is not a selector', async () => {
    api = testApi();
    await api.call('create', secrets, secret('others'));
    const watch = (await api.pipeline.watch(request('watch', { name: 'x,metadata.namespace=default', options: { timeoutSeconds: 1, sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: true } })))[Symbol.asyncIterator]();
    expect((await take(watch, 1)).map((event) => event.type)).toEqual(['BOOKMARK']);
  });
});

describe('bodies', () => {
  test('one that is still on the wire is taken in only for who may write, and once', async () => {
    api = testApi();
    let loaded = 0;
    const loadBody = (): Promise<Uint8Array> => {
      loaded++;
      return Promise.resolve(Buffer.from(JSON.stringify(secret('a'))));
    };
    await expect(onlyMine().handle(request('create', { loadBody }))).rejects.toMatchObject({ reason: 'Forbidden' });
    await expect(api.pipeline.handle(request('create', { loadBody, resource: 'nosuch' }))).rejects.toMatchObject({ reason: 'NotFound' });
    expect(loaded).toBe(0);
    await expect(api.pipeline.handle(request('create', { loadBody }))).resolves.toMatchObject({ code: 201 });
    expect(loaded).toBe(1);
  });
});

describe('options that ask for a rehearsal or a condition are never overheard', () => {
  test.each([
    [{ dryRun: ['all'] }, 422],
    [{ dryRun: 'All' }, 400],
    [{ preconditions: 'x' }, 400],
    [{ preconditions: { uid: 5 } }, 400],
    [{ propagationPolicy: 'Backwards' }, 422],
    [{ propagationPolicy: 'Orphan', orphanDependents: true }, 422],
    [{ gracePeriodSeconds: '5' }, 400],
    [{ kind: 'Pod' }, 400],
    [[], 400],
  ])('a deletion with %j is %i, and nothing is deleted', async (body, code) => {
    api = testApi();
    await api.call('create', secrets, secret('a'));
    await expect(api.call('delete', `${secrets}/a`, body)).rejects.toMatchObject({ code });
    await expect(api.call('deletecollection', secrets, body)).rejects.toMatchObject({ code });
    await expect(api.call('get', `${secrets}/a`)).resolves.toMatchObject({ metadata: { name: 'a' } });
  });

  test('a dry run in the query of a write or a deletion is All or nothing', async () => {
    api = testApi();
    await expect(api.call('create', secrets, secret('a'), { dryRun: ['yes'] })).rejects.toMatchObject({ code: 422, details: { kind: 'CreateOptions', causes: [{ field: 'dryRun', reason: 'FieldValueNotSupported' }] } });
    await api.call('create', secrets, secret('a'));
    await expect(api.call('delete', `${secrets}/a`, undefined, { dryRun: ['yes'] })).rejects.toMatchObject({ code: 422 });
    await api.call('delete', `${secrets}/a`, { dryRun: ['All'] });
    await expect(api.call('get', `${secrets}/a`)).resolves.toBeDefined();
  });
});

describe('watches that come to nothing leave nothing behind', () => {
  const watchers = (): number => api.ports.caches.of(kindRegistry.byResource('', 'v1', 'secrets') ?? expect.fail('secrets')).watchers;

  test('in a form that cannot be written; abandoned before the first event', async () => {
    api = testApi();
    await expect(api.watch(secrets, { accept: 'application/yaml' })).rejects.toMatchObject({ reason: 'NotAcceptable' });
    expect(watchers()).toBe(0);
    const gone = new AbortController();
    await api.watch(secrets, {}, gone.signal);
    expect(watchers()).toBe(1);
    gone.abort();
    expect(watchers()).toBe(0);
  });

  test('one user has only so many, and gets them back', () => {
    const count = new WatchCount(2);
    const [first, second] = [count.take('a'), count.take('a')];
    expect(() => count.take('a')).toThrow('2 watches open');
    count.take('b')();
    first();
    first();
    const third = count.take('a');
    expect(() => count.take('a')).toThrow('2 watches open');
    second();
    third();
    expect(count.users).toBe(0);
    expect(limits.watchesPerUserMax).toBeLessThan(limits.watchesPerResourceMax);
  });
});
