import { describe, expect, test } from 'vitest';
import { ApiError, notFound, resources } from '@rhythm/api';
import type { ConfigMap, Pod } from '@rhythm/api/types/core-v1';
import { inProcessTransport, type PipelineLike, type PipelineRequest } from './in-process-transport.ts';
import { apiClient } from './transport-client.ts';
import type { TransportEvent } from './transport.ts';

type Handler = PipelineLike<string>['handle'];
const text = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const ok = (value: unknown) => ({ code: 200, contentType: 'application/json', body: text(value), warnings: [] });

function setUp(handle: Handler, watch: PipelineLike<string>['watch'] = () => Promise.reject(new Error('no'))) {
  const seen: Array<PipelineRequest<string>> = [];
  const transport = inProcessTransport<string>(
    {
      handle: (request) => {
        seen.push(request);
        return handle(request);
      },
      watch,
    },
    'someone',
  );
  return { seen, transport, client: apiClient(transport) };
}
const bodyOf = (request: PipelineRequest<string> | undefined): unknown => JSON.parse(Buffer.from(request?.body ?? []).toString());

describe('client over a transport', () => {
  test('a list fills in what its items lack', async () => {
    const { client, seen } = setUp(() => Promise.resolve(ok({ kind: 'PodList', metadata: { resourceVersion: '7', continue: 'next' }, items: [{ metadata: { name: 'a' } }] })));
    const list = await client.list(resources.pods, '', { limit: 1, labelSelector: 'a=b' });
    expect(list).toEqual({ items: [{ kind: 'Pod', apiVersion: 'v1', metadata: { name: 'a' } }], resourceVersion: '7', continue: 'next' });
    expect(seen[0]).toMatchObject({ verb: 'list', caller: 'someone', options: { limit: 1, labelSelector: 'a=b' } });
  });

  test('an empty list may come without items', async () => {
    const { client } = setUp(() => Promise.resolve(ok({ metadata: { resourceVersion: '7' }, items: null })));
    expect(await client.list(resources.pods, '')).toEqual({ items: [], resourceVersion: '7' });
  });

  test('a delete sends its options as a body', async () => {
    const { client, seen } = setUp(() => Promise.resolve(ok({})));
    await client.delete(resources.pods, 'default', 'a', { gracePeriodSeconds: 0, propagationPolicy: 'Background', preconditions: { uid: 'u' } });
    expect(bodyOf(seen[0])).toEqual({ kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, propagationPolicy: 'Background', preconditions: { uid: 'u' } });
  });

  test('patches say what they are, and an apply has the last word', async () => {
    const { client, seen } = setUp(() => Promise.resolve(ok({ metadata: {} })));
    for (const type of ['json', 'merge', 'strategic', 'apply'] as const) await client.patch(resources.pods, 'default', 'a', type, {}, { fieldManager: 'me' });
    expect(seen.map((r) => r.contentType)).toEqual(['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml']);
    expect(seen.map((r) => r.options.force ?? false)).toEqual([false, false, false, true]);
  });

  test('a subresource is created on its object', async () => {
    const { client, seen } = setUp(() => Promise.resolve(ok({ status: 'Success' })));
    await client.createSubresource(resources.pods, 'default', 'a', 'binding', { target: { name: 'n' } });
    expect(seen[0]).toMatchObject({ verb: 'create', name: 'a', subresource: 'binding' });
  });

  test('refusals are errors, whether thrown or answered', async () => {
    const { client } = setUp((request) => {
      const error = notFound(resources.pods, request.name);
      return request.name === 'thrown' ? Promise.reject(error) : Promise.resolve({ ...ok(error.toStatus()), code: 404 });
    });
    for (const name of ['thrown', 'answered']) {
      await expect(client.get(resources.pods, 'default', name)).rejects.toMatchObject({ reason: 'NotFound', details: { name } });
    }
  });

  test('an answer that is no Status still has a reason', async () => {
    const { client } = setUp(() => Promise.resolve({ code: 503, contentType: 'text/plain', body: Buffer.from('busy'), warnings: [] }));
    await expect(client.get(resources.pods, 'default', 'a')).rejects.toMatchObject({ reason: 'ServiceUnavailable', code: 503 });
  });

  test('JSON keys that look like prototypes stay data', async () => {
    const { client } = setUp(() => Promise.resolve({ ...ok({}), body: Buffer.from('{"metadata":{},"data":{"__proto__":"x","constructor":"y"}}') }));
    const map = await client.get<ConfigMap>(resources.configMaps, 'default', 'a');
    expect(Object.keys(map.data ?? {})).toEqual(['__proto__', 'constructor']);
  });

  test('a body in pieces is put together', async () => {
    const { client } = setUp(() =>
      Promise.resolve({
        ...ok({}),
        body: (async function* () {
          for (const piece of ['{"metadata":', '{"name":"ü"}}']) yield await Promise.resolve(Buffer.from(piece));
        })(),
      }),
    );
    expect((await client.get<Pod>(resources.pods, 'default', 'a')).metadata.name).toBe('ü');
  });

  test('leaving a watch aborts it; a closed transport refuses', async () => {
    const aborted = Promise.withResolvers<void>();
    const { client, transport } = setUp(
      () => Promise.resolve(ok({})),
      (request) => {
        request.signal.addEventListener('abort', () => aborted.resolve());
        return Promise.resolve(
          (async function* (): AsyncGenerator<readonly TransportEvent[]> {
            for (let i = 0; ; i++) yield await Promise.resolve([{ type: 'ADDED' as const, object: text({ metadata: { name: `n${i}` } }) }]);
          })(),
        );
      },
    );
    const names: string[] = [];
    for await (const event of client.watch(resources.pods, '')) {
      if (event.type !== 'BOOKMARK') names.push(event.object.metadata.name ?? '');
      if (names.length === 3) break;
    }
    expect(names).toEqual(['n0', 'n1', 'n2']);
    await aborted.promise;
    await transport.close();
    await expect(client.get(resources.pods, 'default', 'a')).rejects.toBeInstanceOf(ApiError);
  });
});
