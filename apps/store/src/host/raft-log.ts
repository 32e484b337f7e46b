import { AppendLog, CorruptLogError, type Files, type LogPayload } from '@rhythm/disk';
import { nobody, type Entry, type HardState, type LogStart } from '@rhythm/raft';
import { decodeLogItem, encodeHardState, encodeStart, entryPayload } from './log-codec.ts';

/** What the log holds after a start. */
export interface RecoveredLog {
  readonly log: RaftDiskLog;
  readonly entries: readonly Entry[];
  readonly hardState: HardState;
  readonly tornBytes: number;
}

/** Raft's entries and hard state in an append log. */
export class RaftDiskLog {
  readonly #log: AppendLog;
  #hardState: HardState;
  /** Last entry index in each closed segment. */
  readonly #lastIndex: Map<number, number>;
  #newest: number;

  private constructor(log: AppendLog, hardState: HardState, lastIndex: Map<number, number>, newest: number) {
    this.#log = log;
    this.#hardState = hardState;
    this.#lastIndex = lastIndex;
    this.#newest = newest;
  }

  /**
   * Opens the log of a state that was applied up to `applied`, and came from a leader at `installed` if it did. Throws
   * CorruptLogError when state and log do not fit.
   */
  static async open(files: Files, applied: LogStart, installed: LogStart | undefined, segmentBytesMax?: number): Promise<RecoveredLog> {
    const opened = await AppendLog.open(files, segmentBytesMax === undefined ? {} : { segmentBytesMax });
    let hardState: HardState = { term: applied.term, vote: nobody, commit: applied.index };
    const all: Entry[] = [];
    let startedAt = 0;
    const lastIndex = new Map<number, number>();
    for (const { payload, segment } of opened.records) {
      const item = decodeLogItem(payload);
      if (item.kind === 'hard-state') {
        hardState = item.hardState;
        continue;
      }
      if (item.kind === 'start') {
        all.length = 0;
        startedAt = item.start.index;
        continue;
      }
      const first = all[0]?.index ?? item.entry.index;
      if (item.entry.index < first) all.length = 0;
      else if (item.entry.index > first + all.length) throw new CorruptLogError(`entry ${item.entry.index} of the log follows ${first + all.length - 1}`);
      else all.length = item.entry.index - first;
      all.push(item.entry);
      lastIndex.set(segment, item.entry.index);
    }
    // The power went out after the state took its place and before the log began anew behind it.
    const isBehind = installed !== undefined && startedAt < installed.index;
    if (isBehind) all.length = 0;
    const entries = afterApplied(all, applied);
    if (hardState.term < applied.term) hardState = { term: applied.term, vote: nobody, commit: applied.index };
    const newest = all[all.length - 1]?.index ?? applied.index;
    const log = new RaftDiskLog(opened.log, hardState, lastIndex, newest);
    if (isBehind) await log.restart(installed, [], hardState);
    return { log, entries, hardState, tornBytes: opened.tornBytes };
  }

  /** Begins anew behind a state that came from the leader and is durable: all entries so far are void. Durable on return. */
  async restart(start: LogStart, entries: readonly Entry[], hardState: HardState | undefined): Promise<void> {
    if (hardState !== undefined) this.#hardState = hardState;
    this.#newest = entries[entries.length - 1]?.index ?? start.index;
    await this.#log.append([encodeStart(start), ...entries.map(entryPayload), encodeHardState(this.#hardState)], true);
    // What it voids and what follows go together.
    this.#lastIndex.set(this.#log.segment, this.#newest);
  }

  /** One write, with one sync if asked. */
  async append(entries: readonly Entry[], hardState: HardState | undefined, sync: boolean): Promise<void> {
    const last = entries[entries.length - 1];
    if (last !== undefined) this.#newest = last.index;
    if (hardState !== undefined) this.#hardState = hardState;
    const payloads: Array<LogPayload | Uint8Array> = entries.map(entryPayload);
    if (hardState !== undefined) payloads.push(encodeHardState(hardState));
    await this.#log.append(payloads, sync);
    if (last !== undefined) this.#lastIndex.set(this.#log.segment, last.index);
  }

  get isSegmentFull(): boolean {
    return this.#log.isSegmentFull;
  }

  roll(): Promise<void> {
    return this.#log.roll([encodeHardState(this.#hardState)]);
  }

  /** Removes segments whose entries are all at or below `index`, which a synced write of the state covers. */
  async removeUpTo(index: number): Promise<void> {
    let keep = this.#log.segment;
    for (const [segment, last] of this.#lastIndex) if (last > index) keep = Math.min(keep, segment);
    await this.#log.removeBefore(keep);
    for (const segment of this.#lastIndex.keys()) if (segment < keep) this.#lastIndex.delete(segment);
  }

  get newestIndex(): number {
    return this.#newest;
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}

function afterApplied(all: readonly Entry[], applied: LogStart): Entry[] {
  const first = all[0];
  const last = all[all.length - 1];
  if (first === undefined || last === undefined) return [];
  if (first.index > applied.index + 1) {
    throw new CorruptLogError(`the log begins at entry ${first.index}, the state ends at ${applied.index}: entries between them are missing`);
  }
  if (last.index < applied.index) throw new CorruptLogError(`the log ends at entry ${last.index}, the state has ${applied.index}: acknowledged entries are missing`);
  return all.slice(applied.index + 1 - first.index);
}
