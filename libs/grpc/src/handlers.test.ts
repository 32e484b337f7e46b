import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { untilAborted } from './handlers.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

test('items of a stream that goes on are let go once they were taken', async () => {
  const taken: Array<WeakRef<object>> = [];
  async function* items(): AsyncGenerator<object> {
    for (;;) {
      await setImmediate();
      yield { bytes: Buffer.alloc(16) };
    }
  }
  const stream = untilAborted(items(), new AbortController().signal);
  for (let count = 0; count < 200; count++) taken.push(new WeakRef((await stream.next()).value as object));
  // What a WeakRef was made of lives to the end of its turn.
  await setImmediate();
  collect();
  expect(taken.filter((one) => one.deref() !== undefined).length).toBeLessThan(10);
  await stream.return();
});

test('a source that waits is told to end at once, and what it fails with later is nobody\'s concern', async () => {
  const abort = new AbortController();
  let returned = 0;
  const never: AsyncIterable<number> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise((_, reject) => void setImmediate().then(() => reject(new Error('late')))), return: async () => (returned++, { done: true, value: undefined }) }) };
  const stream = untilAborted(never, abort.signal);
  const next = stream.next();
  abort.abort();
  expect(await next).toEqual({ done: true, value: undefined });
  expect(returned).toBe(1);
  await setImmediate();
  expect(await untilAborted(never, abort.signal).next()).toEqual({ done: true, value: undefined });
});

test('a failure of the source is thrown', async () => {
  async function* broken(): AsyncGenerator<number> {
    yield 1;
    throw new Error('broken');
  }
  const stream = untilAborted(broken(), new AbortController().signal);
  expect((await stream.next()).value).toBe(1);
  await expect(stream.next()).rejects.toThrow('broken');
});
