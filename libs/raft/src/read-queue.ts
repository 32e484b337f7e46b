import type { NodeId } from './types.ts';

/** A linearizable read that waits until a majority confirms that this leader still leads. */
export interface PendingRead {
  readonly context: number;
  /** Who asked: this member or a follower. */
  readonly from: NodeId;
  /** What was committed when it was asked. */
  readonly index: number;
  readonly acknowledged: Set<NodeId>;
}

/** Reads in the order in which they came; a confirmed one confirms all before it. */
export class ReadQueue {
  #pending: PendingRead[] = [];
  /** Asked before this leader has committed an entry of its own term. */
  #early: Array<{ readonly context: number; readonly from: NodeId }> = [];
  /** Numbers the confirmation rounds: contexts of different members could be equal. */
  #round = 0;
  readonly #rounds = new Map<number, PendingRead>();

  /** Gives the number that heartbeats carry for this read. */
  add(context: number, from: NodeId, index: number, self: NodeId): number {
    const read: PendingRead = { context, from, index, acknowledged: new Set([self]) };
    this.#pending.push(read);
    this.#rounds.set(++this.#round, read);
    return this.#round;
  }

  addEarly(context: number, from: NodeId): void {
    this.#early.push({ context, from });
  }

  takeEarly(): ReadonlyArray<{ readonly context: number; readonly from: NodeId }> {
    return this.#early.splice(0);
  }

  /** The newest round that waits; 0 when none does. */
  get newestRound(): number {
    return this.#pending.length === 0 ? 0 : this.#round;
  }

  /** Notes an answer; gives the reads that may be served when `isEnough` says so. */
  acknowledge(round: number, from: NodeId, isEnough: (acknowledged: ReadonlySet<NodeId>) => boolean): PendingRead[] {
    const read = this.#rounds.get(round);
    if (read === undefined) return [];
    read.acknowledged.add(from);
    if (!isEnough(read.acknowledged)) return [];
    const ready = this.#pending.splice(0, this.#pending.indexOf(read) + 1);
    for (const [number, pending] of this.#rounds) {
      if (ready.includes(pending)) this.#rounds.delete(number);
    }
    return ready;
  }

  clear(): void {
    this.#pending = [];
    this.#early = [];
    this.#rounds.clear();
  }
}
