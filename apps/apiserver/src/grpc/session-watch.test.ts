import { afterEach, describe, expect, test } from 'vitest';
import { ApiError, resources } from '@rhythm/api';
import { AsyncQueue } from '@rhythm/base';
import { apiClient } from '@rhythm/client';
import { sessionLimits } from '@rhythm/grpc';
import type { RenderedEvent } from '../ports/types.ts';
import { added, cleanUp, dial, map, ok, serve, TellingClock, text, watchOf, watchRequest } from './testing.ts';

afterEach(cleanUp);

describe('watches over a session', () => {
  test('events come in order, objects larger than a frame too, and the end is clean', async () => {
    const queue = new AsyncQueue<readonly RenderedEvent[]>(100);
    const { target } = await serve({ watch: (r) => Promise.resolve(watchOf(queue, r.signal)) });
    queue.push([added('a'), added('big', 2_500_000), added('b')]);
    queue.push([{ type: 'BOOKMARK', object: text(map('', {})) }]);
    queue.end();
    const seen: string[] = [];
    for await (const event of apiClient(dial([target])).watch(resources.configMaps, 'default')) {
      seen.push(event.type === 'BOOKMARK' ? `bookmark ${event.resourceVersion}` : `${event.type} ${event.object.metadata.name} ${event.object.data?.['fill']?.length ?? 0}`);
    }
    expect(seen).toEqual(['ADDED a 0', 'ADDED big 2500000', 'ADDED b 0', 'bookmark 1']);
  });

  test('an ERROR event and a refused watch are thrown', async () => {
    const { target } = await serve({
      watch: (r) =>
        r.namespace === 'refused'
          ? Promise.reject(new ApiError('Forbidden', 'no'))
          : Promise.resolve(
              watchOf(
                (() => {
                  const queue = new AsyncQueue<readonly RenderedEvent[]>(1);
                  queue.push([{ type: 'ERROR', object: text(new ApiError('Expired', 'too old').toStatus()) }]);
                  return queue;
                })(),
                r.signal,
              ),
            ),
    });
    const client = apiClient(dial([target]));
    const first = async (namespace: string): Promise<unknown> => {
      for await (const event of client.watch(resources.configMaps, namespace)) return event;
      return 'ended';
    };
    await expect(first('refused')).rejects.toMatchObject({ reason: 'Forbidden', code: 403 });
    await expect(first('default')).rejects.toMatchObject({ reason: 'Expired', code: 410 });
  });

  test('leaving the loop ends the watch at the server', async () => {
    const queue = new AsyncQueue<readonly RenderedEvent[]>(10);
    const ended = Promise.withResolvers<void>();
    const { target } = await serve({
      watch: (r) => {
        r.signal.addEventListener('abort', () => ended.resolve());
        return Promise.resolve(watchOf(queue, r.signal));
      },
    });
    queue.push([added('a')]);
    for await (const event of apiClient(dial([target])).watch(resources.configMaps, '')) {
      expect(event.type).toBe('ADDED');
      break;
    }
    await ended.promise;
  });

  test('a consumer that keeps up gets any amount', async () => {
    const { target } = await serve({
      watch: () =>
        Promise.resolve({
          contentType: 'application/json',
          async *[Symbol.asyncIterator]() {
            for (let i = 0; i < 100; i++) yield await Promise.resolve([added(`n${i}`, 200_000)]);
          },
        }),
    });
    let count = 0;
    for await (const event of apiClient(dial([target])).watch(resources.configMaps, '')) if (event.type === 'ADDED') count++;
    expect(count).toBe(100);
  });

  test('one that does not is ended with Expired, holds no more than its credit, and delays nobody', async () => {
    let taken = 0;
    const clock = new TellingClock();
    const creditWaitMs = 300;
    const { target } = await serve(
      {
        handle: (r) => Promise.resolve(ok(text(map(r.name)))),
        watch: (r) => {
          if (r.namespace === 'slow') {
            return Promise.resolve({
              contentType: 'application/json',
              async *[Symbol.asyncIterator]() {
                for (; taken < 1_000; taken++) yield await Promise.resolve([added('n', 100_000)]);
              },
            });
          }
          const queue = new AsyncQueue<readonly RenderedEvent[]>(10);
          queue.push([added('quick')]);
          return Promise.resolve(watchOf(queue, r.signal));
        },
      },
      { creditWaitMs },
      clock,
    );
    const transport = dial([target]);
    const client = apiClient(transport);
    const slow = client.watch(resources.configMaps, 'slow')[Symbol.asyncIterator]();
    expect(await slow.next()).toMatchObject({ done: false });
    for await (const event of client.watch(resources.configMaps, 'default')) {
      expect(event).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'quick' } } });
      break;
    }
    expect((await client.get(resources.configMaps, 'default', 'x')).metadata.name).toBe('x');
    // That answer came after the credit for what was taken: when the server waits for more, it waits in vain.
    await clock.waits(creditWaitMs);
    await clock.advance(creditWaitMs);
    expect(taken).toBeLessThan((sessionLimits.watchCreditInitial / 100_000) * 2);
    // What was sent is still there to be read; then comes the reason.
    const failure = await (async () => {
      for (let next = await slow.next(); next.done !== true; next = await slow.next()) expect(next.value.type).toBe('ADDED');
    })().catch((e: unknown) => e);
    expect(failure).toMatchObject({ reason: 'Expired' });
  });

  test('more than the session may have are refused', async () => {
    const { target } = await serve({ watch: (r) => Promise.resolve(watchOf(new AsyncQueue(1), r.signal)) }, { watchesMax: 1 });
    const transport = dial([target]);
    const first = transport.watch(watchRequest())[Symbol.asyncIterator]();
    const pending = first.next();
    const second = transport.watch(watchRequest())[Symbol.asyncIterator]();
    await expect(second.next()).rejects.toMatchObject({ reason: 'TooManyRequests' });
    await transport.close();
    await expect(pending).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  });
});
