import { describe, expect, it } from 'vitest';
import { seededRandom, silentLog, systemClock, VirtualClock, type Clock } from '@rhythm/base';
import { memoryFiles, memorySpaces, type MemoryFiles, type MemorySpaces } from '@rhythm/disk';
import { Host } from './host.ts';
import type { StoreCommand } from './machine.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const put = (key: string, value: string, lease = 0n): StoreCommand => ({
  $case: 'put',
  value: { key: bytes(key), value: bytes(value), lease, prevKv: false, ignoreValue: false, ignoreLease: false },
});

interface Disk {
  readonly files: MemoryFiles;
  readonly spaces: MemorySpaces;
}

const disk = (): Disk => ({ files: memoryFiles(), spaces: memorySpaces() });
const start = ({ files, spaces }: Disk, options: { clock?: Clock; segmentBytesMax?: number; cutEveryEntries?: number; seed?: number } = {}): Promise<Host> =>
  Host.start({ id: 7n, clusterId: 1n, founders: [{ id: 7n, name: 'a', peerUrls: [], clientUrls: [] }], files, spaces, clock: systemClock, random: seededRandom(options.seed ?? 1), log: silentLog, ...options });

/** All keys and values now. */
function contents(host: Host): Record<string, string> {
  const all = { key: bytes('\0'), rangeEnd: bytes('\0'), limit: 0n, revision: 0n, sortOrder: 0, sortTarget: 0, keysOnly: false, countOnly: false } as const;
  const plan = host.state.mvcc.range({ ...all, minModRevision: 0n, maxModRevision: 0n, minCreateRevision: 0n, maxCreateRevision: 0n });
  return Object.fromEntries(plan.items.map((item) => [item.key, `${item.revision.main}`]));
}

describe('a member', () => {
  it('has every acknowledged write after a power cut, and goes on', async () => {
    const on = disk();
    for (let life = 0; life < 5; life++) {
      const host = await start(on, { seed: life });
      const acknowledged = await Promise.all(Array.from({ length: 20 }, (_, n) => host.propose(put(`${life}/${n}`, 'x'))));
      expect(new Set(acknowledged.map((reply) => reply.revision)).size).toBe(20);
      expect(Object.keys(contents(host))).toHaveLength((life + 1) * 20);
      // The key space may have kept any part of what was not synced.
      on.files.crash();
      on.spaces.crash(life);
    }
    expect(Object.keys(contents(await start(on)))).toHaveLength(100);
  });

  it('acknowledges nothing before the log is synced', async () => {
    const on = disk();
    const host = await start(on);
    await host.propose(put('a', '1'));
    on.files.failure = new Error('no space left on device');
    await expect(host.propose(put('a', '2'))).rejects.toMatchObject({ details: 'etcdserver: server stopped' });
    await expect(host.failed).rejects.toThrow('no space left on device');
    await expect(host.propose(put('a', '3'))).rejects.toMatchObject({ details: 'etcdserver: server stopped' });
    on.files.failure = undefined;
    on.files.crash();
    on.spaces.crash();
    expect(contents(await start(on))).toEqual({ a: '2' });
  });

  it('shares one sync among those who write at the same time', async () => {
    const on = disk();
    const host = await start(on);
    let syncs = 0;
    const before = on.files.bytes('0000000000000001.log').length;
    const replies = await Promise.all(Array.from({ length: 100 }, (_, n) => host.propose(put(`k${n}`, 'x'))));
    expect(replies).toHaveLength(100);
    // A record that closes a sync has its mark's lowest bit set (docs/store.md).
    const log = Buffer.from(on.files.bytes('0000000000000001.log'));
    for (let at = before; at < log.length; at += 12 + log.readUInt32LE(at)) syncs += log.readUInt32LE(at + 8) & 1;
    expect(syncs).toBeLessThan(5);
  });

  it('cuts the log only behind what a synced write of the state covers', async () => {
    const on = disk();
    const host = await start(on, { segmentBytesMax: 5000, cutEveryEntries: 300 });
    for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 100 }, (_, n) => host.propose(put(`k${n}`, `${round}`))));
    expect(host.state.durable).toBeGreaterThan(299);
    const segments = await on.files.list();
    expect(segments[0]).not.toBe('0000000000000001.log');
    on.files.crash();
    on.spaces.crash();
    const again = await start(on);
    expect(Object.keys(contents(again))).toHaveLength(100);
    expect(again.state.mvcc.revision).toBe(501);
  });

  it('refuses a log that lacks what the state needs', async () => {
    const on = disk();
    const host = await start(on);
    for (let n = 0; n < 3; n++) await host.propose(put('a', `${n}`));
    const elsewhere = disk();
    await start(elsewhere);
    await host.stop();
    await expect(start({ files: elsewhere.files, spaces: on.spaces })).rejects.toThrow(/the log ends at entry 1, the state has 4: acknowledged entries are missing/);
  });

  it('gives space back after a compaction, also when it was interrupted', async () => {
    const on = disk();
    const host = await start(on);
    for (let n = 0; n < 50; n++) await host.propose(put('a', `${n}`));
    await host.propose({ $case: 'compaction', value: { revision: 40n, physical: false } });
    on.files.crash();
    on.spaces.crash();
    const again = await start(on);
    let stored = 0;
    for await (const slice of again.state.revisions()) stored += slice.length;
    expect(stored).toBe(12);
    await expect(again.propose({ $case: 'compaction', value: { revision: 40n, physical: false } })).rejects.toMatchObject({ details: 'etcdserver: mvcc: required revision has been compacted' });
  });

  it('lets leases run out, with their full time and an election timeout after a restart', async () => {
    const on = disk();
    const clock = new VirtualClock();
    const grant: StoreCommand = { $case: 'leaseGrant', value: { ID: 5n, TTL: 10n } };
    const host = await start(on, { clock });
    await host.propose(grant);
    await host.propose(put('leased', 'x', 5n));
    await clock.advance(8000);
    expect(Object.keys(contents(host))).toEqual(['leased']);
    on.files.crash();
    on.spaces.crash();
    const again = await start(on, { clock });
    await clock.advance(9000);
    expect(Object.keys(contents(again))).toEqual(['leased']);
    await clock.advance(2500);
    expect(contents(again)).toEqual({});
    expect(again.state.mvcc.leases.ids()).toEqual([]);
  });

  it('refuses what is too large and answers refusals of the state in etcd’s words', async () => {
    const host = await start(disk());
    const failing = (command: StoreCommand): Promise<unknown> => host.propose(command);
    await expect(failing(put('a', 'x'.repeat(1_600_000)))).rejects.toMatchObject({ code: 3, details: 'etcdserver: request is too large' });
    await expect(failing(put('a', 'x', 9n))).rejects.toMatchObject({ code: 5, details: 'etcdserver: requested lease not found' });
    await host.stop();
    await expect(failing(put('a', 'x'))).rejects.toMatchObject({ code: 14, details: 'etcdserver: server stopped' });
  });
});
