import type { Clock, Random } from '@rhythm/base';
import { etcdError } from '../services/errors.ts';
import type { Proposal } from './command.ts';
import type { Refusal, StoreReply } from './machine.ts';

/** Callers waiting at a time; more are refused. */
const waitersMax = 20_000;

interface Waiter {
  /** Undefined for a change of membership. */
  readonly proposal: Proposal | undefined;
  readonly startedAt: number;
  /** The term in which it was handed to raft; undefined while it waits for a leader. */
  term: number | undefined;
  resolve(applied: Answer): void;
  reject(error: Error): void;
}

/** What an entry was answered with, and where it stands. */
export interface Answer {
  readonly reply: StoreReply | Refusal;
  readonly index: number;
}

/** Callers that wait for their entry to be applied. */
export class Waiters {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #waiting = new Map<number, Waiter>();
  /** Of this life of this member: entries of others, and of earlier lives, are applied too. */
  readonly origin: bigint;
  readonly originBytes: Uint8Array;
  #nextId = 1;
  /** How many were given up since the start. */
  failures = 0;

  constructor(member: bigint, clock: Clock, random: Random, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    const bytes = Buffer.from(random.bytes(8));
    this.origin = bytes.readBigUInt64LE() ^ member;
    bytes.writeBigUInt64LE(this.origin);
    this.originBytes = bytes;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Throws TooManyRequests. */
  add(proposal: Proposal | undefined): { readonly id: number; readonly promise: Promise<Answer> } {
    if (this.#waiting.size >= waitersMax) throw etcdError('TooManyRequests');
    const id = this.#nextId++;
    const startedAt = this.#clock.monotonic();
    const promise = new Promise<Answer>((resolve, fail) => {
      const reject = (error: Error): void => {
        this.failures++;
        fail(error);
      };
      this.#waiting.set(id, { proposal, startedAt, term: undefined, resolve, reject });
    });
    return { id, promise };
  }

  has(id: number): boolean {
    return this.#waiting.has(id);
  }

  /** Raft has it, in this term. */
  handedOver(id: number, term: number): void {
    const waiter = this.#waiting.get(id);
    if (waiter !== undefined) waiter.term = term;
  }

  take(id: number): Waiter | undefined {
    const waiter = this.#waiting.get(id);
    if (waiter !== undefined) this.#waiting.delete(id);
    return waiter;
  }

  fail(id: number, error: Error): void {
    this.take(id)?.reject(error);
  }

  /** Gives up on those that have waited too long: their outcome is unknown. */
  expire(errorFor: (startedAt: number) => Error): void {
    const now = this.#clock.monotonic();
    for (const [id, waiter] of this.#waiting) {
      // They are in the order of their deadlines.
      if (waiter.startedAt + this.#timeoutMs > now) break;
      this.#waiting.delete(id);
      waiter.reject(errorFor(waiter.startedAt));
    }
  }

  /** An entry of this term was applied: whatever was handed over before is lost if it was not applied before. */
  failBeforeTerm(term: number): void {
    for (const [id, waiter] of this.#waiting) {
      if (waiter.term === undefined || waiter.term >= term) continue;
      this.#waiting.delete(id);
      waiter.reject(etcdError('TimeoutDueToLeaderFail'));
    }
  }

  /** All that raft has: their outcome cannot be found out any more. */
  failHandedOver(error: Error): void {
    for (const [id, waiter] of this.#waiting) {
      if (waiter.term === undefined) continue;
      this.#waiting.delete(id);
      waiter.reject(error);
    }
  }

  failAll(error: Error): void {
    for (const waiter of this.#waiting.values()) waiter.reject(error);
    this.#waiting.clear();
  }
}
