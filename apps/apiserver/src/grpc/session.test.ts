import { afterEach, describe, expect, test } from 'vitest';
import { ApiError, notFound, resources } from '@rhythm/api';
import { VirtualClock } from '@rhythm/base';
import { apiClient } from '@rhythm/client';
import type { ApiPipeline, ResourceRequest } from '../ports/types.ts';
import { cleanUp, dial, map, ok, request, serve, text } from './testing.ts';

afterEach(cleanUp);

/** Refuses what is wrong with a request, as the pipeline does. */
const heeding: ApiPipeline['handle'] = (request) => (request.refusal === undefined ? Promise.resolve(ok(text({}))) : Promise.reject(request.refusal));

describe('requests over a session', () => {
  test('reach the pipeline whole, and come back whole', async () => {
    const seen: ResourceRequest[] = [];
    const { target } = await serve({
      handle: (r) => {
        seen.push(r);
        return Promise.resolve({ code: 201, contentType: 'application/json', body: text(map('b', { k: 'v' })), warnings: ['careful'] });
      },
    });
    const client = apiClient(dial([target]));
    const made = await client.create(resources.configMaps, 'default', { metadata: { name: 'b' }, data: { __proto__: 'x' } as never }, { fieldManager: 'me', dryRun: true });
    expect(made).toEqual(map('b', { k: 'v' }));
    expect(seen[0]).toMatchObject({ verb: 'create', group: '', version: 'v1', resource: 'configmaps', namespace: 'default', name: '', options: { fieldManager: 'me', dryRun: ['All'] }, contentType: 'application/json' });
    expect(JSON.parse(Buffer.from(seen[0]?.body ?? []).toString())).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' });
    expect(seen[0]?.userAgent).toContain('grpc-node-js');
    expect(seen[0]?.caller.certificate).toBeUndefined();
  });

  test('a refusal keeps reason, code and details', async () => {
    const { target } = await serve({ handle: () => Promise.reject(notFound(resources.configMaps, 'x')) });
    const failure = await apiClient(dial([target])).get(resources.configMaps, 'default', 'x').catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(ApiError);
    expect(failure).toMatchObject({ reason: 'NotFound', code: 404, message: 'configmaps "x" not found', details: { name: 'x', kind: 'configmaps' } });
  });

  test('bodies larger than a frame go in pieces, both ways', async () => {
    const big = Buffer.alloc(2_900_000, 'a');
    let received = 0;
    const pieces = [Buffer.alloc(1_500_000, 'b'), Buffer.alloc(10, 'c'), Buffer.alloc(2_500_000, 'd')];
    const { target } = await serve({
      handle: (r) => {
        received = r.body.length;
        return Promise.resolve(
          ok(
            (async function* () {
              for (const piece of pieces) yield await Promise.resolve(piece);
            })(),
          ),
        );
      },
    });
    const response = await dial([target]).request(request({ verb: 'update', body: big }));
    expect(received).toBe(big.length);
    expect(Buffer.compare(Buffer.from(response.body), Buffer.concat(pieces))).toBe(0);
  });

  test('a body over the limit is refused with 413', async () => {
    const { target } = await serve({ handle: () => Promise.resolve(ok(new Uint8Array())) });
    const response = await dial([target]).request(request({ verb: 'update', body: Buffer.alloc(3 * 1024 * 1024 + 1) }));
    expect(response.code).toBe(413);
  });

  test('many at a time, answered in any order', async () => {
    const gate = Promise.withResolvers<void>();
    const oddDone = Promise.withResolvers<void>();
    let inFlight = 0;
    let odd = 0;
    const { target } = await serve({
      handle: async (r) => {
        if (++inFlight === 200) gate.resolve();
        await gate.promise;
        if (Number(r.name.slice(1)) % 2 === 0) await oddDone.promise;
        else if (++odd === 100) oddDone.resolve();
        return ok(text(map(r.name)));
      },
    });
    const client = apiClient(dial([target]));
    const names = Array.from({ length: 200 }, (_, i) => `n${i}`);
    const got = await Promise.all(names.map((name) => client.get(resources.configMaps, 'default', name)));
    expect(got.map((o) => o.metadata.name)).toEqual(names);
  });

  test('more than the session may have are refused, and those in flight are not hurt', async () => {
    const gate = Promise.withResolvers<void>();
    const { target } = await serve({ handle: () => gate.promise.then(() => ok(text({}))) }, { requestsMax: 3 });
    const transport = dial([target]);
    const held = [1, 2, 3].map(() => transport.request(request()));
    const refused = await transport.request(request());
    expect(refused.code).toBe(429);
    gate.resolve();
    expect((await Promise.all(held)).map((r) => r.code)).toEqual([200, 200, 200]);
  });

  test('a deadline ends a request at both ends', async () => {
    const [started, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { target } = await serve({
      handle: (r) => {
        r.signal.addEventListener('abort', () => ended.resolve());
        started.resolve();
        return new Promise(() => undefined);
      },
    });
    const clock = new VirtualClock();
    const outcome = dial([target], { requestTimeoutMs: 50, clock }).request(request()).catch((e: unknown) => e);
    await started.promise;
    await clock.advance(50);
    const failure = await outcome;
    // Whichever end notices first says the same.
    expect(failure instanceof ApiError ? failure.code : (failure as { code: number }).code).toBe(504);
    await ended.promise;
  });

  test('a cancelled request is cancelled at the server', async () => {
    const started = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const { target } = await serve({
      handle: (r) => {
        started.resolve();
        r.signal.addEventListener('abort', () => ended.resolve());
        return new Promise(() => undefined);
      },
    });
    const abort = new AbortController();
    const outcome = dial([target]).request(request({ signal: abort.signal })).catch((e: unknown) => e);
    await started.promise;
    abort.abort();
    expect(await outcome).toBeInstanceOf(ApiError);
    await ended.promise;
  });

  test.each([
    ['..', 'a'],
    ['default', 'a/b'],
    ['default', '%2e'],
    ['a\0b', 'x'],
  ])('a segment that could leave its place is refused: %s %s', async (namespace, name) => {
    const { target } = await serve({ handle: heeding });
    expect((await dial([target]).request(request({ namespace, name }))).code).toBe(400);
  });

  test('an empty name never becomes a request on all', async () => {
    const { target } = await serve({ handle: heeding });
    const transport = dial([target]);
    for (const verb of ['get', 'update', 'patch', 'delete'] as const) expect((await transport.request(request({ verb, name: '' }))).code).toBe(400);
    await expect(apiClient(transport).delete(resources.pods, 'default', '')).rejects.toMatchObject({ reason: 'BadRequest' });
  });
});
