import { describe, expect, it } from 'vitest';
import { seededRandom, silentLog, systemClock, VirtualClock, type Clock } from '@rhythm/base';
import { memoryFiles, memorySpaces, type Files } from '@rhythm/disk';
import { Host } from '../host/host.ts';
import type { HostOptions } from '../host/options.ts';
import type { StoreCommand } from '../host/machine.ts';
import type { DiskRoom } from './directory-room.ts';
import { DiskGuard } from './disk-guard.ts';
import { meteredFiles, RoomMeter } from './room-meter.ts';

const megabyte = 1024 * 1024;
const put: Extract<StoreCommand, { $case: 'put' }> = { $case: 'put', value: { key: Buffer.from('a'), value: Buffer.from('1'), lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false } };

/** A disk of which others use a part. */
function disk(size = 1024 * megabyte): DiskRoom & { used: number } {
  const room = {
    used: 0,
    isReserved: false,
    isMarked: false,
    reserved: 0,
    measure: async () => ({ size, free: size - room.used - room.reserved }),
    reserve: async (bytes: number) => {
      room.reserved = bytes;
      room.isReserved = true;
    },
    release: async () => {
      room.reserved = 0;
      room.isReserved = false;
    },
    mark: async (isFull: boolean) => {
      room.isMarked = isFull;
    },
  };
  return room;
}

const alone = (clock: Clock): HostOptions => ({
  id: 7n,
  clusterId: 1n,
  founders: [{ id: 7n, name: 'a', peerUrls: [], clientUrls: [] }],
  files: memoryFiles(),
  spaces: memorySpaces(),
  clock,
  random: seededRandom(1),
  log: silentLog,
});

/** Files that take room. */
function filling(files: Files, room: { used: number }): Files {
  const used = <T>(chunks: readonly Uint8Array[], write: () => Promise<T>): Promise<T> => {
    for (const { length } of chunks) room.used += length;
    return write();
  };
  return {
    list: () => files.list(),
    remove: (name) => files.remove(name),
    open: async (name, options) => {
      const file = await files.open(name, options);
      return {
        get size() {
          return file.size;
        },
        append: (chunks) => used(chunks, () => file.append(chunks)),
        appendDurably: (chunks) => used(chunks, () => file.appendDurably(chunks)),
        sync: () => file.sync(),
        read: () => file.read(),
        truncate: (size) => file.truncate(size),
        close: () => file.close(),
      };
    },
  };
}

describe('a disk that fills', () => {
  it('stops writes before it is full, gives the reserve to deletions, and lets writes go on once there is room', async () => {
    const clock = new VirtualClock();
    const host = await Host.start(alone(clock));
    const room = disk();
    const guard = new DiskGuard({ room, meter: new RoomMeter(room), host, quotaBytes: undefined, clock, log: silentLog });
    await guard.check();
    expect(room.isReserved).toBe(true);
    await host.propose(put);
    room.used = 950 * megabyte;
    await guard.check();
    expect([room.isReserved, room.isMarked]).toEqual([false, true]);
    await expect(host.propose(put)).rejects.toMatchObject({ details: 'etcdserver: mvcc: database space exceeded' });
    await host.propose({ $case: 'deleteRange', value: { key: Buffer.from('a'), rangeEnd: new Uint8Array(0), prevKv: false } });
    // Not at once: room for the reserve must come back too.
    room.used = 955 * megabyte;
    await guard.check();
    await expect(host.propose(put)).rejects.toMatchObject({ code: 8 });
    room.used = 100 * megabyte;
    await guard.check();
    expect([room.isReserved, room.isMarked]).toEqual([true, false]);
    await host.propose(put);
    guard.stop();
    await host.stop();
  });

  it('is seen by who writes faster than anybody looks', async () => {
    const room = disk(16 * megabyte);
    room.used = 8 * megabyte;
    const meter = new RoomMeter(room);
    const host = await Host.start({ ...alone(systemClock), files: meteredFiles(filling(memoryFiles(), room), meter), diskIsLow: () => meter.low() });
    // Its clock stands: it never looks by itself.
    const guard = new DiskGuard({ room, meter, host, quotaBytes: undefined, clock: new VirtualClock(), log: silentLog });
    const large = { ...put, value: { ...put.value, value: Buffer.alloc(megabyte / 16) } };
    const taken = async (): Promise<boolean> => host.propose(large).then(() => true, (error: unknown) => {
      expect(error).toMatchObject({ details: 'etcdserver: mvcc: database space exceeded' });
      return false;
    });
    let count = 0;
    while (count < 1000 && (await taken())) count++;
    // 8 MiB are free, 2 of them are too little.
    expect(count).toBeGreaterThan(90);
    expect(count).toBeLessThan(100);
    await host.propose({ $case: 'deleteRange', value: { key: Buffer.from('a'), rangeEnd: new Uint8Array(0), prevKv: false } });
    expect(host.state.alarms.has(1, 7n)).toBe(true);
    room.used = megabyte;
    await guard.check();
    expect(await taken()).toBe(true);
    guard.stop();
    await host.stop();
  });

  it('refuses nothing, and raises no alarm, before it is marked: a member that is killed in between would keep the alarm for ever', async () => {
    const room = disk();
    const marked = Promise.withResolvers<void>();
    const mark = room.mark.bind(room);
    room.mark = (isFull) => marked.promise.then(() => mark(isFull));
    const meter = new RoomMeter(room);
    const host = await Host.start({ ...alone(systemClock), files: meteredFiles(memoryFiles(), meter), diskIsLow: () => meter.low() });
    const guard = new DiskGuard({ room, meter, host, quotaBytes: undefined, clock: new VirtualClock(), log: silentLog });
    room.used = 1000 * megabyte;
    await meter.measure();
    let isRefused = false;
    const refused = host.propose(put).catch((error: unknown) => {
      isRefused = true;
      return error;
    });
    // Others are answered meanwhile: the host has had its turns.
    for (let n = 0; n < 20; n++) await host.propose({ $case: 'deleteRange', value: { key: Buffer.from('a'), rangeEnd: new Uint8Array(0), prevKv: false } });
    expect([isRefused, host.state.alarms.has(1, 7n)]).toEqual([false, false]);
    marked.resolve();
    expect(await refused).toMatchObject({ details: 'etcdserver: mvcc: database space exceeded' });
    expect([room.isMarked, host.state.alarms.has(1, 7n)]).toEqual([true, true]);
    guard.stop();
    await host.stop();
  });
});
