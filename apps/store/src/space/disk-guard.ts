import { existsSync } from 'node:fs';
import { open, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toError, type Clock, type Log, type Timer } from '@rhythm/base';
import { alarmTypes } from '../alarms/machine.ts';
import { internalCaller } from '../auth/access.ts';
import type { Host } from '../host/host.ts';

const pollMs = 250;
/** Free space below this part of the disk, or this much, is too little to take more in. */
const lowPart = 1 / 8;
const lowBytesMax = 64 * 1024 * 1024;
/** What is kept back for deletions and compactions. */
const reservePart = 1 / 16;
const reserveBytesMax = 16 * 1024 * 1024;
const pieceBytes = 1024 * 1024;

/** A disk, as far as its room is concerned. */
export interface DiskRoom {
  /** Bytes in all, and free. */
  measure(): Promise<{ readonly size: number; readonly free: number }>;
  /** Takes room, durably, or gives it back. */
  reserve(bytes: number): Promise<void>;
  release(): Promise<void>;
  readonly isReserved: boolean;
  /** Remembers, over restarts, that the disk was full. */
  mark(isFull: boolean): Promise<void>;
  readonly isMarked: boolean;
}

/** The disk of a data directory. */
export function directoryRoom(dataDir: string): DiskRoom {
  const [reserve, mark] = [join(dataDir, 'reserve'), join(dataDir, 'disk-full')];
  return {
    measure: async () => {
      const { bsize, blocks, bavail } = await statfs(dataDir);
      return { size: bsize * blocks, free: bsize * bavail };
    },
    reserve: async (bytes) => {
      const file = await open(`${reserve}.tmp`, 'w', 0o600);
      try {
        // Written, not cut to length: holes take no room.
        for (let at = 0; at < bytes; at += pieceBytes) await file.write(Buffer.alloc(Math.min(pieceBytes, bytes - at), 1));
        await file.sync();
      } catch (error) {
        await rm(`${reserve}.tmp`, { force: true });
        throw error;
      } finally {
        await file.close();
      }
      await rename(`${reserve}.tmp`, reserve);
    },
    release: () => rm(reserve, { force: true }),
    get isReserved() {
      return existsSync(reserve);
    },
    mark: (isFull) => (isFull ? writeFile(mark, '') : rm(mark, { force: true })),
    get isMarked() {
      return existsSync(mark);
    },
  };
}

export interface DiskGuardOptions {
  readonly room: DiskRoom;
  readonly host: Pick<Host, 'raise' | 'propose' | 'state' | 'id'>;
  readonly quotaBytes: number | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Keeps the disk from running full: when room becomes scarce the NOSPACE alarm is raised, so that nothing more is taken in, and the reserve
 * is given free for deletions and compactions. When there is room again, the reserve is made anew and the alarm taken away.
 */
export class DiskGuard {
  readonly #options: DiskGuardOptions;
  #timer: Timer | undefined;
  #isStopped = false;
  #isFull: boolean;
  #complaint = '';

  constructor(options: DiskGuardOptions) {
    this.#options = options;
    this.#isFull = options.room.isMarked;
    this.#pollLater();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #pollLater(): void {
    this.#timer = this.#options.clock.setTimer(pollMs, () => {
      void this.check().then(() => (this.#isStopped ? undefined : this.#pollLater()));
    });
  }

  /** Looks once, and does what is to be done. */
  async check(): Promise<void> {
    const { room, log } = this.#options;
    try {
      const { size, free } = await room.measure();
      const low = Math.min(lowBytesMax, size * lowPart);
      const reserve = Math.min(reserveBytesMax, Math.floor(size * reservePart));
      if (this.#isFull) await this.#whileFull(free, low, reserve);
      else if (free < low) await this.#becomeFull(free, low);
      else if (!room.isReserved && free > low + reserve) await room.reserve(reserve);
      this.#complaint = '';
    } catch (error) {
      const text = toError(error).message;
      if (text !== this.#complaint && !this.#isStopped) log.warn('the room on the disk cannot be looked after', { error: text });
      this.#complaint = text;
    }
  }

  async #becomeFull(free: number, low: number): Promise<void> {
    const { room, host, log } = this.#options;
    this.#isFull = true;
    log.error('the disk is almost full: only deletions and compactions are taken until there is room again', { free, needed: Math.ceil(low) });
    // Raising the alarm needs a little room too.
    await room.release();
    await room.mark(true);
    await host.raise(alarmTypes.noSpace);
  }

  async #whileFull(free: number, low: number, reserve: number): Promise<void> {
    const { room, host, quotaBytes, log } = this.#options;
    if (free < low + reserve) {
      // Again, where it could not be done before.
      await room.release();
      await host.raise(alarmTypes.noSpace);
      return;
    }
    if (!room.isReserved) await room.reserve(reserve);
    const isWithinQuota = quotaBytes === undefined || host.state.mvcc.bytes < quotaBytes;
    if (isWithinQuota && host.state.alarms.has(alarmTypes.noSpace, host.id)) {
      await host.propose({ $case: 'alarm', value: { action: 2, memberID: host.id, alarm: alarmTypes.noSpace } }, internalCaller);
    }
    await room.mark(false);
    this.#isFull = false;
    log.info('there is room on the disk again', { free });
  }
}

/** Before anything is opened: a disk that is full gets its reserve back. */
export async function releaseWhenFull(room: DiskRoom, log: Log): Promise<void> {
  const { size, free } = await room.measure();
  if (!room.isReserved || free >= Math.min(lowBytesMax, size * lowPart)) return;
  log.error('the disk is full: the reserve is given free', { free });
  await room.mark(true).catch(() => undefined);
  await room.release();
}
