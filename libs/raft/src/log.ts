import { assert } from '@rhythm/base';
import type { Entry } from './types.ts';

/** Where a log begins: everything up to this entry is in the applied state and no longer in the log. */
export interface LogStart {
  readonly index: number;
  readonly term: number;
}

/**
 * The log in memory. Invariants: 1. entries are contiguous from `start.index + 1`. 2. terms never decrease.
 * 3. applied <= committed <= last. 4. stable <= last; entries above `stable` are not on this member's disk yet.
 */
export class RaftLog {
  #start: LogStart;
  #entries: Entry[];
  #committed: number;
  #applied: number;
  #stable: number;

  /** `isForgetful`: see `plantedBugs`. */
  constructor(start: LogStart, entries: readonly Entry[], committed: number, applied: number, isForgetful = false) {
    this.#start = start;
    this.#entries = [...entries];
    for (const [at, entry] of entries.entries()) assert(entry.index === start.index + 1 + at, 'the entries of a log are contiguous');
    assert(start.index <= applied && applied <= this.last, 'what was applied is in the log or before it');
    this.#applied = applied;
    this.#committed = isForgetful ? applied : Math.max(applied, Math.min(committed, this.last), this.#provenByChanges());
    this.#stable = this.last;
  }

  get last(): number {
    return this.#start.index + this.#entries.length;
  }

  get lastTerm(): number {
    return this.#entries[this.#entries.length - 1]?.term ?? this.#start.term;
  }

  get startIndex(): number {
    return this.#start.index;
  }

  get committed(): number {
    return this.#committed;
  }

  get applied(): number {
    return this.#applied;
  }

  get stable(): number {
    return this.#stable;
  }

  /** The term of an entry; undefined when it was cut off or is not there yet. */
  term(index: number): number | undefined {
    if (index === this.#start.index) return this.#start.term;
    return this.#entries[index - this.#start.index - 1]?.term;
  }

  /** True when a log that ends in this entry holds all that ours holds. */
  isUpToDate(lastIndex: number, lastTerm: number): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.last);
  }

  /** Whether one of the entries from `from` to `to` is of this type. */
  has(type: Entry['type'], from: number, to: number): boolean {
    for (let at = Math.max(from, this.#start.index + 1); at <= to; at++) {
      if (this.#entries[at - this.#start.index - 1]?.type === type) return true;
    }
    return false;
  }

  /**
   * A leader proposes a change of membership only once it has applied the one before, so a change in a log proves that all changes before it
   * are committed. After a crash this says more than the commit index that reached the disk, and safety rests on it: a member that has a
   * later change and does not know that an earlier one is committed would stand for election among the members of two changes ago, a
   * majority of whom need not meet a majority of those of now.
   */
  #provenByChanges(): number {
    const last = this.#entries.findLastIndex(({ type }) => type === 'config');
    const before = this.#entries.findLastIndex(({ type }, at) => type === 'config' && at < last);
    return this.#entries[before]?.index ?? 0;
  }

  /** Entries from `from` to `to` inclusive, at least one, then no more than `bytesMax` of data. */
  slice(from: number, to: number, bytesMax: number): Entry[] {
    assert(from > this.#start.index, 'entries that were cut off are not read');
    const first = from - this.#start.index - 1;
    let bytes = 0;
    let end = first;
    const limit = Math.min(to, this.last) - this.#start.index;
    for (; end < limit; end++) {
      bytes += (this.#entries[end] as Entry).data.length;
      if (bytes > bytesMax && end > first) break;
    }
    return this.#entries.slice(first, end);
  }

  /** Adds entries at the end, as a leader does. */
  push(entries: readonly Entry[]): void {
    for (const entry of entries) {
      assert(entry.index === this.last + 1, 'an entry is added right after the last');
      assert(entry.term >= this.lastTerm, 'terms never decrease');
      this.#entries.push(entry);
    }
  }

  /**
   * Takes a leader's entries that follow (`prevIndex`, `prevTerm`), replacing those that differ.
   * Gives the last index that now matches the leader's; undefined when ours has no such previous entry.
   */
  accept(prevIndex: number, prevTerm: number, entries: readonly Entry[]): number | undefined {
    if (this.term(prevIndex) !== prevTerm) return undefined;
    const conflict = entries.findIndex((entry) => this.term(entry.index) !== entry.term);
    if (conflict >= 0) {
      const from = (entries[conflict] as Entry).index;
      assert(from > this.#committed, 'a committed entry is never replaced');
      this.#entries.length = from - this.#start.index - 1;
      this.#stable = Math.min(this.#stable, from - 1);
      this.push(entries.slice(conflict));
    }
    return prevIndex + entries.length;
  }

  /** The last entry at or before `index` whose term is not above `term`: the logs cannot match after it. */
  lastPossibleMatch(index: number, term: number): { readonly index: number; readonly term: number } {
    for (let at = Math.min(index, this.last); ; at--) {
      const own = this.term(at);
      if (own === undefined || own <= term || at === 0) return { index: Math.max(at, 0), term: own ?? 0 };
    }
  }

  commitTo(index: number): void {
    if (index <= this.#committed) return;
    assert(index <= this.last, 'only entries that are there are committed');
    this.#committed = index;
  }

  /** Entries that are not on disk yet. */
  unstable(): Entry[] {
    return this.#stable === this.last ? [] : this.#entries.slice(this.#stable - this.#start.index);
  }

  /** Entries up to this one are on disk, if it is still the same one. */
  stableTo(index: number, term: number): void {
    if (this.term(index) === term && index > this.#stable) this.#stable = index;
  }

  /** Committed entries that are on our own disk and not handed out yet, up to the first change of membership. */
  toApply(bytesMax: number): Entry[] {
    const to = Math.min(this.#committed, this.#stable);
    if (to <= this.#applied) return [];
    const entries = this.slice(this.#applied + 1, to, bytesMax);
    const change = entries.findIndex((entry) => entry.type === 'config');
    return change < 0 ? entries : entries.slice(0, change + 1);
  }

  appliedTo(index: number): void {
    assert(index >= this.#applied && index <= this.#committed, 'what is applied was committed');
    this.#applied = index;
  }

  /** Forgets entries up to `index`, which must have been applied. */
  compact(index: number): void {
    assert(index <= this.#applied, 'only applied entries are cut off');
    const term = this.term(index);
    if (index <= this.#start.index || term === undefined) return;
    this.#entries = this.#entries.slice(index - this.#start.index);
    this.#start = { index, term };
  }

  /** Begins anew behind a state that came from the leader. */
  restart(start: LogStart): void {
    assert(start.index > this.#committed, 'a state that is installed is ahead of what was committed');
    this.#start = start;
    this.#entries = [];
    this.#committed = start.index;
    this.#applied = start.index;
    this.#stable = start.index;
  }
}
