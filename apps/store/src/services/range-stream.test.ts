import { afterEach, beforeEach, expect, test } from 'vitest';
import { seededRandom, silentLog, systemClock } from '@rhythm/base';
import { memoryFiles, memorySpaces } from '@rhythm/disk';
import { finishRange, planKey } from '@rhythm/mvcc';
import { RangeStreamResponse, type RangeRequest, type RangeResponse } from '@rhythm/proto/etcd';
import { Host } from '../host/host.ts';
import { isStreamable, streamRange } from './range-stream.ts';

let host: Host;
beforeEach(async () => {
  host = await Host.start({ id: 1n, clusterId: 1n, founders: [{ id: 1n, name: 'a', peerUrls: [], clientUrls: [] }], files: memoryFiles(), spaces: memorySpaces(), clock: systemClock, random: seededRandom(1), log: silentLog });
});
afterEach(() => host.stop());

const bytes = (text: string): Uint8Array => Buffer.from(text);
const all: RangeRequest = {
  key: bytes('k'), rangeEnd: bytes('l'), limit: 0n, revision: 0n, sortOrder: 0, sortTarget: 0, serializable: false, keysOnly: false, countOnly: false,
  minModRevision: 0n, maxModRevision: 0n, minCreateRevision: 0n, maxCreateRevision: 0n,
};
const header = { clusterId: 1n, memberId: 1n, revision: 9n, raftTerm: 1n };

async function put(count: number, valueBytes: number): Promise<void> {
  const value = Buffer.alloc(valueBytes, 'x');
  for (let from = 0; from < count; from += 100) {
    const success = Array.from({ length: Math.min(100, count - from) }, (_, n) => {
      const put_ = { key: bytes(`k${String(from + n).padStart(6, '0')}`), value, lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false };
      return { request: { $case: 'requestPut', value: put_ } as const };
    });
    await host.propose({ $case: 'txn', value: { compare: [], success, failure: [] } });
  }
}

const compact = (revision: number) => host.propose({ $case: 'compaction', value: { revision: BigInt(revision), physical: false } });

function stream(request: RangeRequest, check: () => void = () => undefined): AsyncGenerator<Buffer> {
  const plan = host.state.mvcc.range(request);
  return streamRange(() => host.state, systemClock, { plan, at: plan.revision, header, check });
}

async function chunks(request: RangeRequest): Promise<RangeResponse[]> {
  const found: RangeResponse[] = [];
  for await (const chunk of stream(request)) {
    const { rangeResponse } = RangeStreamResponse.decode(chunk);
    if (rangeResponse !== undefined) found.push(rangeResponse);
  }
  return found;
}

test.each([
  ['all', {}],
  ['keys only', { keysOnly: true }],
  ['a limit', { limit: 1500n }],
  ['a filter', { minModRevision: 10n }],
  ['a count', { countOnly: true }],
  ['ascending keys', { sortOrder: 1 }],
] as const)('the parts merged are the unary answer: %s', async (_name, over) => {
  await put(2500, 1000);
  const request = { ...all, ...over };
  const expected = finishRange(host.state.mvcc.range(request), (revision) => host.state.required(planKey({ revision })));
  const parts = await chunks(request);
  const last = parts.at(-1);
  expect(parts.flatMap(({ kvs }) => kvs.map((kv) => [String(kv.key), kv.value.length, kv.modRevision]))).toEqual(expected.kvs.map((kv) => [String(kv.key), kv.value.length, kv.modRevision]));
  expect([last?.count, last?.more, last?.header]).toEqual([expected.count, expected.more, header]);
  expect(parts.slice(0, -1).every((part) => part.header === undefined && part.count === 0n && !part.more)).toBe(true);
});

test('parts are bounded in bytes', async () => {
  await put(2500, 1000);
  const sizes: number[] = [];
  for await (const chunk of stream(all)) sizes.push(chunk.length);
  expect(sizes.length).toBe(4);
  expect(Math.max(...sizes)).toBeLessThan(1.1 * 1024 * 1024);
});

test('a slow reader keeps nothing from being compacted, and is told', async () => {
  await put(2500, 1000);
  const reading = stream(all);
  await reading.next();
  await put(2500, 10);
  await compact(host.state.mvcc.revision);
  await expect(reading.next()).rejects.toThrow('required revision has been compacted');
});

test('a permission that is taken back ends the stream', async () => {
  await put(2500, 1000);
  let isAllowed = true;
  const reading = stream(all, () => {
    if (!isAllowed) throw new Error('permission denied');
  });
  await reading.next();
  isAllowed = false;
  await expect(reading.next()).rejects.toThrow('permission denied');
});

test('only the order of keys can be streamed', () => {
  expect(isStreamable(all)).toBe(true);
  expect(isStreamable({ ...all, sortOrder: 1 })).toBe(true);
  expect(isStreamable({ ...all, sortOrder: 2 })).toBe(false);
  expect(isStreamable({ ...all, sortTarget: 2 })).toBe(false);
});
