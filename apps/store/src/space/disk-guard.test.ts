import { describe, expect, it } from 'vitest';
import { seededRandom, silentLog, VirtualClock } from '@rhythm/base';
import { memoryFiles, memorySpaces } from '@rhythm/disk';
import { Host } from '../host/host.ts';
import type { StoreCommand } from '../host/machine.ts';
import { DiskGuard, type DiskRoom } from './disk-guard.ts';

const megabyte = 1024 * 1024;
const put: Extract<StoreCommand, { $case: 'put' }> = { $case: 'put', value: { key: Buffer.from('a'), value: Buffer.from('1'), lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false } };

/** A disk of 1 GiB of which others use a part. */
function disk(): DiskRoom & { used: number } {
  const room = {
    used: 0,
    isReserved: false,
    isMarked: false,
    reserved: 0,
    measure: async () => ({ size: 1024 * megabyte, free: 1024 * megabyte - room.used - room.reserved }),
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

describe('a disk that fills', () => {
  it('stops writes before it is full, gives the reserve to deletions, and lets writes go on once there is room', async () => {
    const clock = new VirtualClock();
    const founders = [{ id: 7n, name: 'a', peerUrls: [], clientUrls: [] }];
    const host = await Host.start({ id: 7n, clusterId: 1n, founders, files: memoryFiles(), spaces: memorySpaces(), clock, random: seededRandom(1), log: silentLog });
    const room = disk();
    const guard = new DiskGuard({ room, host, quotaBytes: undefined, clock, log: silentLog });
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
});
