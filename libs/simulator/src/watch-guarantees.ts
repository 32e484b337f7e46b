import { Violation } from './world.ts';

/** A change as the history has it, and as a watch is sent it. */
export interface WatchedChange {
  readonly revision: number;
  readonly key: string;
  /** Undefined: deleted. */
  readonly value: string | undefined;
  /** The value before; undefined: there was none, or it was not sent. */
  readonly previous: string | undefined;
}

/** What happened, by revision: each revision as the first member applied it. */
export class TrueHistory {
  readonly #revisions = new Map<number, readonly WatchedChange[]>();
  #last = 1;
  /** The highest revision that anybody has asked to compact up to. */
  compactionAsked = 0;

  /** A member applied a revision: all must agree. True when it is the first. */
  applied(who: string, revision: number, changes: readonly WatchedChange[]): boolean {
    const known = this.#revisions.get(revision);
    if (known === undefined) {
      this.#revisions.set(revision, changes);
      this.#last = Math.max(this.#last, revision);
      return true;
    }
    if (JSON.stringify(known) === JSON.stringify(changes)) return false;
    throw new Violation(`${who} applied ${JSON.stringify(changes)}, others ${JSON.stringify(known)}`);
  }

  get last(): number {
    return this.#last;
  }

  at(revision: number): readonly WatchedChange[] | undefined {
    return this.#revisions.get(revision);
  }
}

/** What a watch asked for. */
export interface Watched {
  readonly name: string;
  readonly start: number;
  readonly wants: (change: WatchedChange) => boolean;
  readonly previous: boolean;
}

/**
 * etcd's guarantees for one watch, over all the streams it is resumed on: ordered, unique, atomic (a revision comes whole), reliable and
 * resumable (nothing is left out), bookmarkable (nothing at or before a progress notice comes after it, and nothing is missing before it),
 * and the previous values are right.
 */
export class WatchGuarantees {
  /** Complete up to here. */
  reached: number;
  readonly #history: TrueHistory;
  readonly #watched: Watched;
  #pieces: WatchedChange[] = [];

  constructor(history: TrueHistory, watched: Watched) {
    this.#history = history;
    this.#watched = watched;
    this.reached = watched.start - 1;
  }

  /** The watch begins anew on another stream, behind what it has. */
  resumed(): void {
    this.#pieces = [];
  }

  /** Events arrive; `more`: the rest of their revision is in the next message. */
  events(changes: readonly WatchedChange[], more: boolean): void {
    this.#pieces.push(...changes);
    if (more) return;
    const all = this.#pieces;
    this.#pieces = [];
    const last = all[all.length - 1];
    if (last === undefined) return;
    const before = all.find(({ revision }, at) => revision <= this.reached || revision < (all[at - 1]?.revision ?? 0));
    if (before !== undefined) this.#fail(`was sent ${JSON.stringify(before)} after revision ${this.reached} was complete`);
    this.#compare(all, last.revision);
  }

  /** A notice that the watch is complete up to this revision. */
  progress(revision: number): void {
    if (this.#pieces.length > 0) this.#fail(`was told of progress to ${revision} in the middle of a revision`);
    if (revision > this.reached) this.#compare([], revision);
  }

  /** It was cancelled: what it wants next is said to be compacted. */
  compacted(revision: number): void {
    if (this.reached + 1 >= revision) this.#fail(`wants revision ${this.reached + 1}, and was told that it is compacted at ${revision}`);
    if (revision > this.#history.compactionAsked) this.#fail(`was told of a compaction at ${revision}, and nobody asked for more than ${this.#history.compactionAsked}`);
    this.reached = revision - 1;
    this.#pieces = [];
  }

  #compare(sent: readonly WatchedChange[], upTo: number): void {
    const expected: WatchedChange[] = [];
    for (let revision = this.reached + 1; revision <= upTo; revision++) expected.push(...(this.#history.at(revision) ?? []).filter((change) => this.#watched.wants(change)));
    const isSame = sent.length === expected.length && expected.every((change, at) => this.#fits(change, sent[at] as WatchedChange));
    if (!isSame) this.#fail(`was sent ${JSON.stringify(sent)} for revisions ${this.reached + 1} to ${upTo}, which were ${JSON.stringify(expected)}`);
    this.reached = upTo;
  }

  #fits(change: WatchedChange, sent: WatchedChange): boolean {
    if (sent.revision !== change.revision || sent.key !== change.key || sent.value !== change.value) return false;
    if (!this.#watched.previous) return sent.previous === undefined;
    // A value from before a compaction may be gone.
    return sent.previous === change.previous || (sent.previous === undefined && this.#history.compactionAsked >= change.revision);
  }

  #fail(what: string): never {
    throw new Violation(`the watch ${this.#watched.name} ${what}`);
  }
}
