import type { NodeId } from './types.ts';

/** A linearizable read that waits until a majority confirms that this leader still leads. */
export interface PendingRead {
  readonly context: number;
  /** Who asked: this member or a follower. */
  readonly from: NodeId;
  /** What was committed when it was asked. */
  readonly index: number;
}

interface Waiting extends PendingRead {
  readonly round: number;
}

/** Rounds kept to know when they began; older ones confirm no lease any more. */
const roundsMax = 1000;

/**
 * Reads in the order in which they came, and the rounds of heartbeats that confirm them. A round answered by a majority
 * confirms all reads that began before it was sent, and that nobody else led when it was sent.
 */
export class ReadQueue {
  #pending: Waiting[] = [];
  /** Asked before this leader has committed an entry of its own term. */
  #early: Array<{ readonly context: number; readonly from: NodeId }> = [];
  #round = 0;
  /** When each round was sent, in ticks. */
  readonly #sentAt = new Map<number, number>();
  /** The newest round each member has answered. */
  readonly #answered = new Map<NodeId, number>();
  #leaseSince: number | undefined;

  /** Begins a round of heartbeats; gives the number they carry. */
  begin(tick: number): number {
    this.#sentAt.set(++this.#round, tick);
    if (this.#sentAt.size > roundsMax) this.#sentAt.delete(this.#round - roundsMax);
    return this.#round;
  }

  /** To be followed by a new round. */
  add(context: number, from: NodeId, index: number): void {
    this.#pending.push({ context, from, index, round: this.#round + 1 });
  }

  addEarly(context: number, from: NodeId): void {
    this.#early.push({ context, from });
  }

  takeEarly(): ReadonlyArray<{ readonly context: number; readonly from: NodeId }> {
    return this.#early.splice(0);
  }

  answered(from: NodeId): number {
    return this.#answered.get(from) ?? 0;
  }

  acknowledge(round: number, from: NodeId): void {
    if (round <= this.#round && round > this.answered(from)) this.#answered.set(from, round);
  }

  /** A majority has answered up to `round`: gives the reads that may be served. */
  confirm(round: number): PendingRead[] {
    const sentAt = this.#sentAt.get(round);
    if (sentAt !== undefined) this.#leaseSince = Math.max(sentAt, this.#leaseSince ?? 0);
    const end = this.#pending.findIndex((read) => read.round > round);
    return this.#pending.splice(0, end < 0 ? this.#pending.length : end);
  }

  /** The tick at which a majority certainly had no other leader; undefined when there was no such yet. */
  get leaseSince(): number | undefined {
    return this.#leaseSince;
  }

  /** Another majority counts from now on. */
  forgetLease(): void {
    this.#sentAt.clear();
    this.#leaseSince = undefined;
  }

  /** A term ends: rounds go on counting, so that late answers confirm nothing. */
  clear(): void {
    this.#pending = [];
    this.#early = [];
    this.#sentAt.clear();
    this.#answered.clear();
    this.#leaseSince = undefined;
  }
}
