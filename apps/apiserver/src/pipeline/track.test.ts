import { expect, test } from 'vitest';
import { testApi, textOf } from '../testing.ts';
import { limits } from '../limits.ts';
import { Track } from './track.ts';
import type { ResourceRequest, ResourceResponse } from '../ports/types.ts';

/** A reply in two pieces that holds a place. */
function holding(): { readonly response: ResourceResponse; readonly gone: AbortController; readonly left: () => number; readonly wait: (ms: number) => Promise<void> } {
  const { ports, clock } = testApi();
  const gone = new AbortController();
  let left = 0;
  const track = new Track(ports, { verb: 'list', options: {} } as ResourceRequest);
  track.entered({ leave: () => void left++ });
  const body = (async function* () {
    yield await Promise.resolve(Buffer.from('a'));
    yield Buffer.from('b');
  })();
  const response = track.held({ code: 200, contentType: 'application/json', body, warnings: [] }, gone.signal);
  return { response, gone, left: () => left, wait: (ms) => clock.advance(ms) };
}

test('a reply in pieces keeps its place until it has been read', async () => {
  const { response, left } = holding();
  expect(left()).toBe(0);
  expect(await textOf(response)).toBe('ab');
  expect(left()).toBe(1);
});

test('or its reader has gone', () => {
  const { gone, left } = holding();
  gone.abort();
  expect(left()).toBe(1);
});

test('or a request has had its time; the rest may still be read', async () => {
  const { response, left, wait } = holding();
  await wait(limits.requestTimeoutMs - 1);
  expect(left()).toBe(0);
  await wait(1);
  expect(left()).toBe(1);
  expect(await textOf(response)).toBe('ab');
});

test('a watch that does not begin gives its place back when a request has had its time', async () => {
  const { ports, clock } = testApi();
  let left = 0;
  new Track(ports, { verb: 'watch', options: {} } as ResourceRequest).entered({ leave: () => void left++ });
  await clock.advance(limits.requestTimeoutMs - 1);
  expect(left).toBe(0);
  await clock.advance(1);
  expect(left).toBe(1);
});
