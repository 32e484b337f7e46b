import type { AppendFile, Files } from '@rhythm/disk';
import type { DiskRoom } from './directory-room.ts';

/** Free space below this part of the disk, or this much, is too little to take more in. */
const lowPart = 1 / 8;
const lowBytesMax = 64 * 1024 * 1024;
/**
 * What is logged takes room once more with the state, and for a while again when LevelDB merges its files: the disk is measured anew
 * before a write that would bring the log to this part of what was there above `low`.
 */
const allowancePart = 1 / 4;
/** Even close to `low` not each write measures. */
const allowanceOfLowMin = 1 / 64;

/** Below how many free bytes a disk of `size` bytes counts as full. */
export function lowBytes(size: number): number {
  return Math.min(lowBytesMax, size * lowPart);
}

/** Counts what is written between two looks at the disk, so that a fast writer cannot fill it before the next look. */
export class RoomMeter {
  readonly #room: Pick<DiskRoom, 'measure'>;
  /** Does what is to be done when there is too little room; nothing when that is done already. */
  onLow: (() => Promise<void> | undefined) | undefined;
  /** Nothing more is to be taken in: a measurement found too little room. Stays until whoever looks after the disk takes it back. */
  isLow = false;
  /** Bytes that may be written before the disk is measured again. */
  #allowance = 0;
  #measuring: Promise<void> | undefined;

  constructor(room: Pick<DiskRoom, 'measure'>) {
    this.#room = room;
  }

  /** Size and free bytes of the disk, now. */
  async measure(): Promise<{ readonly size: number; readonly free: number }> {
    const measured = await this.#room.measure();
    const low = lowBytes(measured.size);
    if (measured.free < low) this.isLow = true;
    this.#allowance = Math.max((measured.free - low) * allowancePart, low * allowanceOfLowMin);
    return measured;
  }

  /** With too little room: resolves once what is to be done about it is done, so that a refusal is never ahead of what must be remembered of it. */
  low(): Promise<void> | undefined {
    return this.isLow ? (this.onLow?.() ?? Promise.resolve()) : undefined;
  }

  /** To be called before `bytes` are written; waits for a measurement where one is due. A disk that cannot be measured is written nevertheless. */
  spend(bytes: number): Promise<void> | undefined {
    this.#allowance -= bytes;
    if (this.#allowance >= 0) return undefined;
    this.#measuring ??= this.#measureFor().finally(() => (this.#measuring = undefined));
    return this.#measuring;
  }

  async #measureFor(): Promise<void> {
    await this.measure().catch(() => undefined);
    // Not waited for: it writes, too.
    if (this.isLow) void this.onLow?.();
  }
}

/** Files whose appends are counted. */
export function meteredFiles(files: Files, meter: Pick<RoomMeter, 'spend'>): Files {
  return {
    list: () => files.list(),
    open: async (name, options) => meteredFile(await files.open(name, options), meter),
    remove: (name) => files.remove(name),
  };
}

function meteredFile(file: AppendFile, meter: Pick<RoomMeter, 'spend'>): AppendFile {
  const counted = (chunks: readonly Uint8Array[], write: (chunks: readonly Uint8Array[]) => Promise<void>): Promise<void> => {
    const measured = meter.spend(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    return measured === undefined ? write(chunks) : measured.then(() => write(chunks));
  };
  return {
    get size() {
      return file.size;
    },
    append: (chunks) => counted(chunks, (counting) => file.append(counting)),
    appendDurably: (chunks) => counted(chunks, (counting) => file.appendDurably(counting)),
    sync: () => file.sync(),
    read: () => file.read(),
    truncate: (size) => file.truncate(size),
    close: () => file.close(),
  };
}
