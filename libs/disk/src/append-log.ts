import { assert } from '@rhythm/base';
import type { AppendFile, Files } from './files.ts';
import { readRecord, recordBytesMax, recordHeaderBytes, writeHeader } from './record.ts';

/** A segment is closed once it is this long. */
export const segmentBytesMaxDefault = 64 * 1024 * 1024;
/** What is kept of the memory in which writes are put together. */
const scratchBytesMax = 2 * 1024 * 1024;
const magic = Buffer.from('RHYLOG01');

export interface LogRecord {
  readonly payload: Uint8Array;
  /** The segment it is in. */
  readonly segment: number;
}

/** What goes into a record: so many bytes, put in their place by `write`. */
export interface LogPayload {
  readonly length: number;
  write(into: Buffer, at: number): void;
}

/** The log is damaged where records had been acknowledged: going on would lose them. */
export class CorruptLogError extends Error {
  override readonly name = 'CorruptLogError';
}

export interface OpenedLog {
  readonly log: AppendLog;
  /** All records that are there, in order. */
  readonly records: LogRecord[];
  /** What was cut off the end, 0 for a clean end. */
  readonly tornBytes: number;
}

/**
 * A log of records in segment files `NNNNNNNNNNNNNNNN.log`. A write that fails leaves the log unusable: nobody can
 * know what reached the disk, so the process must start anew and look.
 */
export class AppendLog {
  readonly #files: Files;
  readonly #segmentBytesMax: number;
  #file: AppendFile;
  #segment: number;
  #oldest: number;
  #syncs: number;
  #failed: Error | undefined;
  /** Records are put together here; the last write from it is over. */
  #scratch = Buffer.alloc(0);

  private constructor(files: Files, segmentBytesMax: number, file: AppendFile, segment: number, oldest: number, syncs: number) {
    this.#files = files;
    this.#segmentBytesMax = segmentBytesMax;
    this.#file = file;
    this.#segment = segment;
    this.#oldest = oldest;
    this.#syncs = syncs;
  }

  /**
   * Reads the log, cutting back a torn end.
   * @throws CorruptLogError naming the record when something is wrong before the end.
   */
  static async open(files: Files, options: { readonly segmentBytesMax?: number } = {}): Promise<OpenedLog> {
    const segmentBytesMax = options.segmentBytesMax ?? segmentBytesMaxDefault;
    const numbers = (await files.list()).flatMap((name) => segmentNumber(name) ?? []);
    const first = numbers[0];
    if (first === undefined) {
      const file = await createSegment(files, 1);
      return { log: new AppendLog(files, segmentBytesMax, file, 1, 1, 0), records: [], tornBytes: 0 };
    }
    const records: LogRecord[] = [];
    let syncs = 0;
    let tornBytes = 0;
    let file: AppendFile | undefined;
    for (const [at, number] of numbers.entries()) {
      if (number !== first + at) throw new CorruptLogError(`segment ${segmentName(first + at)} of the log is missing`);
      const isLast = at === numbers.length - 1;
      file = await files.open(segmentName(number), { create: false });
      const read = readSegment(await file.read(), number, isLast, syncs);
      for (const record of read.records) records.push({ payload: record, segment: number });
      syncs = read.syncs;
      if (!isLast) {
        await file.close();
        continue;
      }
      tornBytes = file.size - read.end;
      if (read.end === 0) {
        // The segment was made but its header never reached the disk.
        await file.truncate(0);
        await file.append([segmentHeader(number)]);
      } else if (tornBytes > 0) {
        await file.truncate(read.end);
      }
    }
    assert(file !== undefined, 'a log has a last segment');
    // What was read may be in the operating system's memory only, left by a process that was killed: from now on it counts.
    await file.sync();
    return { log: new AppendLog(files, segmentBytesMax, file, first + numbers.length - 1, first, syncs), records, tornBytes };
  }

  /** The segment that is written now. */
  get segment(): number {
    return this.#segment;
  }

  /** True when it is time for `roll`. */
  get isSegmentFull(): boolean {
    return this.#file.size >= this.#segmentBytesMax;
  }

  /** Appends records as one write; with `sync` they are on the disk on return. One call at a time. */
  async append(payloads: ReadonlyArray<Uint8Array | LogPayload>, sync: boolean): Promise<void> {
    if (this.#failed !== undefined) throw new Error('the log failed before', { cause: this.#failed });
    try {
      const data = payloads.length === 0 ? undefined : this.#together(payloads, sync);
      if (data === undefined) {
        if (sync) await this.#file.sync();
      } else if (sync) await this.#file.appendDurably([data]);
      else await this.#file.append([data]);
      if (sync) this.#syncs++;
    } catch (error) {
      this.#failed = error as Error;
      throw error;
    }
  }

  /** The records as they are written, the last of them closing a sync if there is one: memory that the next call uses again. */
  #together(payloads: ReadonlyArray<Uint8Array | LogPayload>, sync: boolean): Uint8Array {
    let length = 0;
    for (const payload of payloads) {
      assert(payload.length > 0 && payload.length <= recordBytesMax, 'a record is not empty and not above the limit');
      length += recordHeaderBytes + payload.length;
    }
    const bytes = this.#room(length);
    let at = 0;
    for (const [index, payload] of payloads.entries()) {
      const start = at + recordHeaderBytes;
      if (payload instanceof Uint8Array) bytes.set(payload, start);
      else payload.write(bytes, start);
      writeHeader(bytes, at, payload.length, { segment: this.#segment, at: this.#file.size + at, syncs: this.#syncs, closes: sync && index === payloads.length - 1 });
      at = start + payload.length;
    }
    return bytes.subarray(0, length);
  }

  #room(length: number): Buffer {
    if (length <= this.#scratch.length) return this.#scratch;
    const room = Buffer.allocUnsafeSlow(Math.max(length, Math.min(2 * this.#scratch.length, scratchBytesMax)));
    if (length <= scratchBytesMax) this.#scratch = room;
    return room;
  }

  /** Starts a new segment that begins with `head`: what must be known when all older segments are gone. */
  async roll(head: ReadonlyArray<Uint8Array | LogPayload>): Promise<void> {
    await this.append([], true);
    await this.#file.close();
    this.#segment++;
    this.#file = await createSegment(this.#files, this.#segment);
    await this.append(head, true);
  }

  /** Removes the segments before `segment`; never the one that is written. */
  async removeBefore(segment: number): Promise<void> {
    while (this.#oldest < Math.min(segment, this.#segment)) {
      await this.#files.remove(segmentName(this.#oldest));
      this.#oldest++;
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

function segmentName(number: number): string {
  return `${number.toString(16).padStart(16, '0')}.log`;
}

function segmentNumber(name: string): number | undefined {
  const match = /^([0-9a-f]{16})\.log$/.exec(name);
  return match === null ? undefined : Number.parseInt(match[1] ?? '', 16);
}

function segmentHeader(number: number): Uint8Array {
  const header = Buffer.alloc(magic.length + 8);
  magic.copy(header);
  header.writeDoubleLE(number, magic.length);
  return header;
}

async function createSegment(files: Files, number: number): Promise<AppendFile> {
  const file = await files.open(segmentName(number), { create: true });
  await file.append([segmentHeader(number)]);
  await file.sync();
  return file;
}

interface ReadSegment {
  readonly records: Uint8Array[];
  readonly end: number;
  readonly syncs: number;
}

function readSegment(bytes: Uint8Array, segment: number, isLast: boolean, syncsBefore: number): ReadSegment {
  const header = segmentHeader(segment);
  if (Buffer.compare(bytes.subarray(0, header.length), header) !== 0) {
    if (isLast && bytes.length <= header.length) return { records: [], end: 0, syncs: syncsBefore };
    throw new CorruptLogError(`segment ${segmentName(segment)} of the log does not begin as one`);
  }
  const records: Uint8Array[] = [];
  let at = header.length;
  /** Syncs that were complete when the next record was written, at least. */
  let syncs = syncsBefore;
  while (at < bytes.length) {
    const record = readRecord(bytes, segment, at);
    if (record === undefined) {
      const later = isLast ? laterSyncs(bytes, segment, at + 1) : Infinity;
      if (later > syncs) {
        throw new CorruptLogError(
          `record ${records.length} of segment ${segmentName(segment)} (byte ${at}) is damaged, and records after it were acknowledged: restore this member from its peers or a snapshot`,
        );
      }
      break;
    }
    records.push(record.payload);
    syncs = record.syncs + (record.closes ? 1 : 0);
    at = record.end;
  }
  return { records, end: at, syncs };
}

/** The most syncs any valid record from `from` on knows of; -1 when there is no valid record. */
function laterSyncs(bytes: Uint8Array, segment: number, from: number): number {
  let most = -1;
  for (let at = from; at + recordHeaderBytes < bytes.length; ) {
    const record = readRecord(bytes, segment, at);
    if (record !== undefined) most = Math.max(most, record.syncs);
    at = record?.end ?? at + 1;
  }
  return most;
}
