import type { RaftNode } from '@rhythm/raft';
import type { HostOptions } from './options.ts';
import type { RaftDiskLog } from './raft-log.ts';
import type { State } from './state.ts';

/** Entries applied between two cuts of the log, unless the options say otherwise. */
const cutEveryEntriesDefault = 10_000;
/** The same in bytes of entries. */
const cutEveryBytes = 16 * 1024 * 1024;
/** Entries that stay in memory behind the applied index. */
const keepEntries = 1000;
/** Cuts for which entries stay in memory for a member that lags; then it is sent the state. */
const keepCuts = 4;

/** Keeps the log short: on disk behind what is durable in the state, in memory behind what the members have. */
export class LogCutter {
  readonly #log: RaftDiskLog;
  readonly #node: RaftNode;
  readonly #everyEntries: number;
  /** A planted mistake. */
  readonly #isEarly: boolean;
  #cutAt: number;
  #bytes = 0;
  /** Where the last cuts were made, the newest last. */
  #cuts: number[] = [];

  constructor(log: RaftDiskLog, node: RaftNode, applied: number, { cutEveryEntries = cutEveryEntriesDefault, plant }: Pick<HostOptions, 'cutEveryEntries' | 'plant'> = {}) {
    this.#log = log;
    this.#node = node;
    this.#cutAt = applied;
    this.#everyEntries = cutEveryEntries;
    this.#isEarly = plant === 'log-cut-before-sync';
  }

  /** An entry of this length was applied. */
  note(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Another state, which stands here, took the place of the one before. */
  restarted(index: number): void {
    this.#cutAt = index;
    this.#bytes = 0;
    this.#cuts = [];
  }

  async cutIfDue(state: State): Promise<void> {
    if (this.#log.isSegmentFull) await this.#log.roll();
    if (state.applied.index - this.#cutAt >= this.#everyEntries || this.#bytes >= cutEveryBytes) await this.#cut(state);
  }

  /** Makes the state durable, then forgets the log behind it. */
  async #cut(state: State): Promise<void> {
    await state.flush(!this.#isEarly);
    const durable = this.#isEarly ? state.applied.index : state.durable;
    const keep = this.#bytes < cutEveryBytes ? Math.min(keepEntries, this.#everyEntries) : 0;
    this.#cutAt = durable;
    this.#bytes = 0;
    this.#cuts = [...this.#cuts, durable].slice(-keepCuts);
    const farBehind = this.#cuts.length < keepCuts ? 0 : (this.#cuts[0] ?? 0);
    this.#node.compact(Math.max(0, Math.min(durable - keep, Math.max(this.#node.status().compactable, farBehind))));
    await this.#log.removeUpTo(durable);
  }
}
