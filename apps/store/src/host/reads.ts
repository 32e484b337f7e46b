import { randomInt, type Clock, type Random } from '@rhythm/base';
import { ProposalDroppedError, type RaftNode } from '@rhythm/raft';
import { etcdError } from '../services/errors.ts';

/** Reads waiting at a time; more are refused. */
const readsMax = 20_000;
/** A question that may have been lost is asked again. */
const retryMs = 500;

interface Waiting {
  readonly startedAt: number;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * Linearizable reads in batches: all that come while a question is under way share the next one. `ask` asks the leader
 * how far a read must be applied; it gives false while there is no leader.
 */
export class Reads {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #ask: (context: number) => boolean;
  #next: Waiting[] = [];
  #asked: { readonly context: number; readonly waiting: Waiting[]; askedAt: number } | undefined;
  /** Confirmed, but not applied so far. */
  #confirmed: Array<{ readonly index: number; readonly waiting: Waiting[] }> = [];
  #context: number;
  #size = 0;

  constructor(clock: Clock, random: Random, timeoutMs: number, ask: (context: number) => boolean) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#ask = ask;
    // A late answer to an earlier life of this member must not confirm a read of this one.
    this.#context = randomInt(random, 2 ** 48);
  }

  /** Resolves when everything acknowledged before the call has been applied here. */
  add(): Promise<void> {
    if (this.#size >= readsMax) throw etcdError('TooManyRequests');
    this.#size++;
    const startedAt = this.#clock.monotonic();
    return new Promise((resolve, reject) => {
      this.#next.push({ startedAt, resolve, reject });
    });
  }

  /** Asks for those that came since the last question, if that was answered. True when a question went out. */
  askNext(): boolean {
    if (this.#asked !== undefined || this.#next.length === 0) return false;
    this.#asked = { context: ++this.#context, waiting: this.#next, askedAt: this.#clock.monotonic() };
    this.#next = [];
    return this.#ask(this.#asked.context);
  }

  /** Asks again: the answer may be lost, or the leader has changed. */
  askAgain(): boolean {
    if (this.#asked === undefined) return this.askNext();
    this.#asked.askedAt = this.#clock.monotonic();
    return this.#ask(this.#asked.context);
  }

  confirmed(context: number, index: number): void {
    if (this.#asked?.context !== context) return;
    this.#confirmed.push({ index, waiting: this.#asked.waiting });
    this.#asked = undefined;
  }

  applied(index: number): void {
    if (this.#confirmed.length === 0) return;
    const ready = this.#confirmed.filter((batch) => batch.index <= index);
    this.#confirmed = this.#confirmed.filter((batch) => batch.index > index);
    for (const { waiting } of ready) for (const read of this.#leave(waiting)) read.resolve();
  }

  /** Gives up on those that have waited too long, and asks again where the answer is overdue. True when a question went out. */
  tick(errorFor: (startedAt: number) => Error): boolean {
    const now = this.#clock.monotonic();
    const isOld = (read: Waiting): boolean => read.startedAt + this.#timeoutMs <= now;
    for (const waiting of [this.#next, this.#asked?.waiting ?? [], ...this.#confirmed.map((batch) => batch.waiting)]) {
      let count = 0;
      while (count < waiting.length && isOld(waiting[count] as Waiting)) count++;
      for (const read of this.#leave(waiting.splice(0, count))) read.reject(errorFor(read.startedAt));
    }
    return this.#asked !== undefined && now - this.#asked.askedAt >= retryMs ? this.askAgain() : false;
  }

  failAll(error: Error): void {
    for (const waiting of [this.#next, this.#asked?.waiting ?? [], ...this.#confirmed.map((batch) => batch.waiting)]) {
      for (const read of this.#leave(waiting.splice(0))) read.reject(error);
    }
    this.#asked = undefined;
    this.#confirmed = [];
  }

  #leave(waiting: Waiting[]): Waiting[] {
    this.#size -= waiting.length;
    return waiting;
  }
}

/** Asks the leader through raft; the function gives false while there is none. */
export function askLeader(node: RaftNode): (context: number) => boolean {
  return (context) => {
    try {
      node.readIndex(context);
      return true;
    } catch (error) {
      if (error instanceof ProposalDroppedError) return false;
      throw error;
    }
  };
}
