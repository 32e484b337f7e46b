import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom, silentLog, VirtualClock } from '@rhythm/base';
import { memoryFiles, memorySpaces } from '@rhythm/disk';
import type { WatchCreateRequest, WatchResponse } from '@rhythm/proto/etcd';
import { Host } from '../host/host.ts';
import { WatchHub } from './hub.ts';
import type { WatchStream } from './stream.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
let host: Host;
let hub: WatchHub;
let clock: VirtualClock;

beforeEach(async () => {
  clock = new VirtualClock();
  host = await Host.start({ id: 1n, clusterId: 1n, founders: [{ id: 1n, name: 'a', peerUrls: [], clientUrls: [] }], files: memoryFiles(), spaces: memorySpaces(), clock, random: seededRandom(1), log: silentLog });
  hub = new WatchHub({ host, identity: { name: 'a', clusterId: 1n, memberId: 1n } }, clock);
});
afterEach(async () => {
  hub.stop();
  await host.stop();
});

async function put(key: string, value: string | Uint8Array): Promise<void> {
  await host.propose({ $case: 'put', value: { key: bytes(key), value: typeof value === 'string' ? bytes(value) : value, lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false } });
}
const remove = (key: string) => host.propose({ $case: 'deleteRange', value: { key: bytes(key), rangeEnd: bytes(''), prevKv: false } });
const compact = (revision: number) => host.propose({ $case: 'compaction', value: { revision: BigInt(revision), physical: false } });

function create(stream: WatchStream, over: Partial<Omit<WatchCreateRequest, 'key' | 'rangeEnd'>> & { key: string; rangeEnd?: string }): void {
  const value = { startRevision: 0n, progressNotify: false, filters: [], prevKv: false, watchId: 0n, fragment: false, ...over, key: bytes(over.key), rangeEnd: bytes(over.rangeEnd ?? '') };
  stream.take({ requestUnion: { $case: 'createRequest', value } });
}

/** A response in short: `id created`, `id canceled @compacted`, `id rev N`, `id put k=v …`. */
function short(response: WatchResponse | undefined): string {
  if (response === undefined) return 'end';
  const id = String(response.watchId);
  if (response.canceled) return `${id} canceled @${response.compactRevision}${response.created ? ' refused' : ''}`;
  if (response.created) return `${id} created`;
  if (response.events.length === 0) return `${id} rev ${response.header?.revision}`;
  const events = response.events.map(({ type, kv, prevKv }) => {
    const text = (value: Uint8Array | undefined): string => (value === undefined ? '' : value.length > 20 ? `[${value.length}]` : Buffer.from(value).toString());
    return `${type === 1 ? 'del' : 'put'} ${text(kv?.key)}=${text(kv?.value)}${prevKv === undefined ? '' : `<${text(prevKv.value)}`}`;
  });
  return `${id} ${events.join(' ')}${response.fragment ? ' …' : ''}`;
}

/** Reads the next `count` responses. */
async function read(responses: AsyncGenerator<WatchResponse>, count: number): Promise<string[]> {
  const all: string[] = [];
  for (let n = 0; n < count; n++) all.push(short((await responses.next()).value as WatchResponse | undefined));
  return all;
}

describe('watches', () => {
  it('get what they asked for: one key, a range, filters, the value before', async () => {
    const stream = hub.open(false);
    const responses = stream.responses();
    create(stream, { key: 'a' });
    create(stream, { key: 'a', rangeEnd: 'c', prevKv: true });
    create(stream, { key: 'a', rangeEnd: 'c', filters: [0] });
    create(stream, { key: 'a', rangeEnd: '\0', filters: [1], watchId: 77n });
    expect(await read(responses, 4)).toEqual(['0 created', '1 created', '2 created', '77 created']);
    await put('a', '1');
    expect((await read(responses, 3)).sort()).toEqual(['0 put a=1', '1 put a=1', '77 put a=1']);
    await put('a', '2');
    expect((await read(responses, 3)).sort()).toEqual(['0 put a=2', '1 put a=2<1', '77 put a=2']);
    await remove('a');
    expect((await read(responses, 3)).sort()).toEqual(['0 del a=', '1 del a=<2', '2 del a=']);
    await put('zz', '3');
    expect(await read(responses, 1)).toEqual(['77 put zz=3']);
    stream.take({ requestUnion: { $case: 'cancelRequest', value: { watchId: 1n } } });
    await put('b', '1');
    expect((await read(responses, 2)).sort()).toEqual(['1 canceled @0', '77 put b=1']);
  });

  it('begin in the past, and are cancelled where the past is gone', async () => {
    for (const value of ['1', '2', '3', '4']) await put('a', value);
    await remove('a');
    await compact(4);
    const stream = hub.open(false);
    const responses = stream.responses();
    create(stream, { key: 'a', startRevision: 4n, prevKv: true });
    expect(await read(responses, 2)).toEqual(['0 created', '0 put a=3 put a=4<3 del a=<4']);
    create(stream, { key: 'a', startRevision: 3n });
    expect(await read(responses, 2)).toEqual(['1 created', '1 canceled @4']);
    create(stream, { key: 'a', watchId: 9n });
    create(stream, { key: 'a', watchId: 9n });
    create(stream, { key: 'b', rangeEnd: 'a' });
    expect(await read(responses, 3)).toEqual(['9 created', '-1 canceled @0 refused', '-1 canceled @0 refused']);
  });

  it('see a deletion at the compacted revision itself', async () => {
    await put('a', '1');
    await remove('a');
    await put('b', '1');
    await compact(3);
    const stream = hub.open(false);
    create(stream, { key: 'a', startRevision: 3n });
    expect(await read(stream.responses(), 2)).toEqual(['0 created', '0 del a=']);
  });

  it('wait for a revision that is still to come', async () => {
    const stream = hub.open(false);
    const responses = stream.responses();
    create(stream, { key: 'a', startRevision: 4n });
    for (const value of ['1', '2', '3']) await put('a', value);
    expect(await read(responses, 2)).toEqual(['0 created', '0 put a=3']);
  });

  it('tell their progress on request, after every batch where it was asked for, and after ten quiet minutes', async () => {
    const stream = hub.open(false);
    const responses = stream.responses();
    create(stream, { key: 'a', progressNotify: true });
    await put('b', '1');
    stream.take({ requestUnion: { $case: 'progressRequest', value: {} } });
    expect(await read(responses, 2)).toEqual(['0 created', '-1 rev 2']);
    await clock.advance(601_000);
    expect(await read(responses, 1)).toEqual(['0 rev 2']);

    const pushed = hub.open(true);
    const more = pushed.responses();
    create(pushed, { key: 'a' });
    expect(await read(more, 2)).toEqual(['0 created', '-1 rev 2']);
    await put('b', '2');
    expect(await read(more, 1)).toEqual(['-1 rev 3']);
    await put('a', '2');
    await put('b', '3');
    // What nobody has read yet is said once.
    expect(await read(more, 2)).toEqual(['0 put a=2', '-1 rev 5']);
  });

  it('come in pieces when asked, whole otherwise', async () => {
    for (let n = 0; n < 5; n++) await put(`k${n}`, new Uint8Array(1_000_000));
    const stream = hub.open(false);
    const responses = stream.responses();
    create(stream, { key: 'k', rangeEnd: 'l', startRevision: 2n, fragment: true });
    // History is sent in responses of about a megabyte, whole revisions each.
    expect(await read(responses, 4)).toEqual(['0 created', '0 put k0=[1000000] put k1=[1000000]', '0 put k2=[1000000] put k3=[1000000]', '0 put k4=[1000000]']);
    await remove('k0');
    const many = { $case: 'txn', value: { compare: [], success: Array.from({ length: 3 }, (_, n) => ({ request: { $case: 'requestDeleteRange' as const, value: { key: bytes(`k${n + 1}`), rangeEnd: bytes(''), prevKv: false } } })), failure: [] } } as const;
    create(stream, { key: 'k', rangeEnd: 'l', prevKv: true, fragment: true });
    await host.propose({ ...many, value: { ...many.value, compare: [], success: [...many.value.success], failure: [] } });
    const rest = await read(responses, 5);
    expect(rest.filter((line) => line.startsWith('1')).sort()).toEqual(['1 created', '1 del k1=<[1000000] del k2=<[1000000] …', '1 del k3=<[1000000]'].sort());
  });

  it('fall behind without being buffered, and catch up in order', async () => {
    const stream = hub.open(true);
    const responses = stream.responses();
    create(stream, { key: 'k', rangeEnd: 'l' });
    expect(await read(responses, 2)).toEqual(['0 created', '-1 rev 1']);
    for (let n = 0; n < 20; n++) await put(`k${n}`, new Uint8Array(1_000_000));
    expect(stream.isFull).toBe(true);
    const keys: string[] = [];
    let progress = 0;
    while (progress < 21) {
      const { events, header, watchId } = (await responses.next()).value as WatchResponse;
      for (const event of events) keys.push(Buffer.from(event.kv?.key ?? []).toString());
      // Progress is never ahead of the events.
      if (watchId === -1n) progress = Number(header?.revision);
      if (watchId === -1n) expect(keys).toHaveLength(progress - 1);
    }
    expect(keys).toEqual(Array.from({ length: 20 }, (_, n) => `k${n}`));
  });

  it('are cancelled when they fell behind what is compacted', async () => {
    const stream = hub.open(false);
    const responses = stream.responses();
    create(stream, { key: 'k' });
    for (let n = 0; n < 12; n++) await put('k', new Uint8Array(1_000_000));
    await compact(13);
    const all: string[] = [];
    while (!all.some((line) => line.includes('canceled'))) all.push(...(await read(responses, 1)));
    expect(all.slice(-2)).toEqual(['0 put k=[1000000]', '0 canceled @13']);
    expect(all.length).toBeLessThan(13);
  });
});
