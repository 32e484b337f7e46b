import { toError, type Clock, type Log, type Timer } from '@rhythm/base';
import { alarmTypes } from '../alarms/machine.ts';
import { internalCaller } from '../auth/access.ts';
import type { Host } from '../host/host.ts';
import type { DiskRoom } from './directory-room.ts';
import { lowBytes, type RoomMeter } from './room-meter.ts';

/** Others write to the disk too. */
const pollMs = 250;
/** What is kept back for deletions and compactions. */
const reservePart = 1 / 16;
const reserveBytesMax = 16 * 1024 * 1024;

export interface DiskGuardOptions {
  readonly room: DiskRoom;
  /** Of the same room: told of what is written. */
  readonly meter: RoomMeter;
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
  #checking: Promise<void> | undefined;

  constructor(options: DiskGuardOptions) {
    this.#options = options;
    this.#isFull = options.room.isMarked;
    options.meter.isLow = this.#isFull;
    options.meter.onLow = () => (this.#isFull ? this.#checking : this.check());
    this.#pollLater();
  }

  stop(): void {
    this.#isStopped = true;
    this.#options.meter.onLow = undefined;
    this.#timer?.cancel();
  }

  #pollLater(): void {
    this.#timer = this.#options.clock.setTimer(pollMs, () => {
      void this.check().then(() => (this.#isStopped ? undefined : this.#pollLater()));
    });
  }

  /** Looks once, and does what is to be done. */
  check(): Promise<void> {
    this.#checking ??= this.#check().finally(() => (this.#checking = undefined));
    return this.#checking;
  }

  async #check(): Promise<void> {
    const { room, meter, log } = this.#options;
    try {
      const { size, free } = await meter.measure();
      const low = lowBytes(size);
      const reserve = Math.min(reserveBytesMax, Math.floor(size * reservePart));
      if (this.#isFull) await this.#whileFull(free, low, reserve);
      else if (meter.isLow) await this.#becomeFull(free, low);
      else if (!room.isReserved && free > low + reserve) await this.#reserve(reserve);
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
    // Raising the alarm needs a little room too. An alarm without the mark would be nobody's to take away.
    await room.release();
    await room.mark(true);
    await host.raise(alarmTypes.noSpace);
  }

  async #reserve(bytes: number): Promise<void> {
    const { room, meter } = this.#options;
    await meter.spend(bytes);
    await room.reserve(bytes);
  }

  async #whileFull(free: number, low: number, reserve: number): Promise<void> {
    const { room, meter, host, quotaBytes, log } = this.#options;
    if (free < low + reserve) {
      // Again, where it could not be done before.
      await room.release();
      if (!room.isMarked) await room.mark(true);
      await host.raise(alarmTypes.noSpace);
      return;
    }
    if (!room.isReserved) await this.#reserve(reserve);
    const isWithinQuota = quotaBytes === undefined || host.state.mvcc.bytes < quotaBytes;
    if (isWithinQuota && host.state.alarms.has(alarmTypes.noSpace, host.id)) {
      await host.propose({ $case: 'alarm', value: { action: 2, memberID: host.id, alarm: alarmTypes.noSpace } }, internalCaller);
    }
    await room.mark(false);
    this.#isFull = false;
    meter.isLow = false;
    log.info('there is room on the disk again', { free });
  }
}

/** Before anything is opened: a disk that is full gets its reserve back. */
export async function releaseWhenFull(room: DiskRoom, log: Log): Promise<void> {
  const { size, free } = await room.measure();
  if (!room.isReserved || free >= lowBytes(size)) return;
  log.error('the disk is full: the reserve is given free', { free });
  await room.mark(true).catch(() => undefined);
  await room.release();
}
