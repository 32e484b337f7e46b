import { watch, type FSWatcher } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseTime, type Clock, type Instant } from '@rhythm/base';
import { parseLogLine } from './log-line.ts';

export interface ReadLogOptions {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  readonly since?: Instant;
  readonly stream?: 'stdout' | 'stderr';
  /** Whether the container may still write. */
  running(): boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const blockBytes = 64 * 1024;
/** A line without end is passed on in parts. */
const lineBytesMax = 1024 * 1024;
/** How often a follower looks although the folder did not change. */
const lookMs = 1_000;

/** The lines of a CRI log as users see them. A follower goes on in the new file after a rotation, and ends with its container. */
export async function* readLog(path: string, options: ReadLogOptions): AsyncGenerator<Buffer> {
  const changes = options.follow ? new FolderChanges(dirname(path)) : undefined;
  const format = new LineFormat(options);
  // What is written while one reads is not among the last lines: only a follower gets more than it asked for.
  let left = options.follow ? Number.POSITIVE_INFINITY : (options.tailLines ?? Number.POSITIVE_INFINITY);
  let handle = await open(path, 'r').catch(() => undefined);
  try {
    let position = handle === undefined ? 0 : await tailStart(handle, options.tailLines);
    let rest: Buffer = Buffer.alloc(0);
    while (!options.signal.aborted && left > 0) {
      // Asked before reading: what was written before the end is still read.
      const running = options.running();
      const block = handle === undefined ? undefined : await readBlock(handle, position);
      if (block !== undefined) {
        position += block.length;
        rest = rest.length === 0 ? block : Buffer.concat([rest, block]);
        for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
          const text = format.line(rest.subarray(0, end));
          rest = rest.subarray(end + 1);
          if (text !== undefined) yield text;
          if (format.exhausted || --left <= 0) return;
        }
        if (rest.length > lineBytesMax) rest = Buffer.alloc(0);
        continue;
      }
      const next = await rotated(path, handle);
      if (next !== undefined) {
        await handle?.close();
        handle = next;
        position = 0;
        rest = Buffer.alloc(0);
      } else if (!options.follow || !running) return;
      else await changes?.next(options.clock, options.signal);
    }
  } finally {
    changes?.close();
    await handle?.close();
  }
}

async function readBlock(handle: FileHandle, position: number): Promise<Buffer | undefined> {
  const buffer = Buffer.allocUnsafe(blockBytes);
  const { bytesRead } = await handle.read(buffer, 0, blockBytes, position);
  return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead);
}

/** The file that now has the path, when it is not the one that is open. */
async function rotated(path: string, handle: FileHandle | undefined): Promise<FileHandle | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  if (handle !== undefined && (await handle.stat()).ino === found.ino) return undefined;
  return open(path, 'r').catch(() => undefined);
}

/** Where the last `lines` lines begin, searched from the end. */
async function tailStart(handle: FileHandle, lines: number | undefined): Promise<number> {
  if (lines === undefined) return 0;
  const { size } = await handle.stat();
  let left = lines;
  const buffer = Buffer.allocUnsafe(blockBytes);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - blockBytes);
    const { bytesRead } = await handle.read(buffer, 0, end - start, start);
    for (let at = bytesRead - 1; at >= 0; at--) {
      if (buffer[at] !== 10 || start + at === size - 1) continue;
      if (--left <= 0) return lines === 0 ? size : start + at + 1;
    }
    end = start;
  }
  return lines === 0 ? size : 0;
}

/** Selects and writes lines; counts against the limit. */
class LineFormat {
  readonly #options: ReadLogOptions;
  #left: number;
  #inLine = false;

  constructor(options: ReadLogOptions) {
    this.#options = options;
    this.#left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  }

  get exhausted(): boolean {
    return this.#left <= 0;
  }

  line(raw: Buffer): Buffer | undefined {
    // One byte per character, so that what is not UTF-8 comes out as it went in.
    const parsed = parseLogLine(raw.toString('latin1'));
    if (parsed === undefined) return undefined;
    const { since, stream, timestamps } = this.#options;
    if (stream !== undefined && parsed.stream !== stream) return undefined;
    if (since !== undefined && (parseTime(parsed.time) ?? 0) < since) return undefined;
    const prefix = timestamps && !this.#inLine ? `${parsed.time} ` : '';
    this.#inLine = parsed.partial;
    const text = Buffer.from(`${prefix}${parsed.text}${parsed.partial ? '' : '\n'}`, 'latin1').subarray(0, this.#left);
    this.#left -= text.length;
    return text;
  }
}

/** Waits for something to happen in a folder, and looks every second in any case. */
class FolderChanges {
  readonly #watcher: FSWatcher | undefined;
  #changed = false;
  #wake: (() => void) | undefined;

  constructor(folder: string) {
    try {
      this.#watcher = watch(folder, { persistent: false }, () => {
        this.#changed = true;
        this.#wake?.();
      });
      this.#watcher.on('error', () => undefined);
    } catch {
      // No watch (the folder is not there yet, or the machine has no watches left): the look every second does.
    }
  }

  async next(clock: Clock, signal: AbortSignal): Promise<void> {
    if (!this.#changed) {
      const wake = new AbortController();
      this.#wake = () => wake.abort(new Error('changed'));
      await clock.sleep(lookMs, AbortSignal.any([wake.signal, signal])).catch(() => undefined);
      this.#wake = undefined;
    }
    this.#changed = false;
  }

  close(): void {
    this.#watcher?.close();
  }
}
