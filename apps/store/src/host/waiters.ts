import type { Clock, Random } from '@rhythm/base';
import { etcdError } from '../services/errors.ts';
import type { Proposal } from './command.ts';
import type { Refusal, StoreReply } from './machine.ts';

/** Callers waiting at a time; more are refused. */
const waitersMax = 20_000;

interface Waiter {
  readonly proposal: Proposal;
  readonly deadline: number;
  resolve(reply: StoreReply | Refusal): void;
  reject(error: Error): void;
}

interface ReadWaiter {
  readonly deadline: number;
  resolve(): void;
  reject(error: Error): void;
}

/** Callers that wait for their entry to be applied or their read to be confirmed. */
export class Waiters {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #commands = new Map<number, Waiter>();
  readonly #reads = new Map<number, ReadWaiter>();
  /** Of this life of this member: entries of others, and of earlier lives, are applied too. */
  readonly origin: bigint;
  readonly originBytes: Uint8Array;
  #nextId = 1;

  constructor(member: bigint, clock: Clock, random: Random, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    const bytes = Buffer.from(random.bytes(8));
    this.origin = bytes.readBigUInt64LE() ^ member;
    bytes.writeBigUInt64LE(this.origin);
    this.originBytes = bytes;
  }

  add(proposal: Proposal): { readonly id: number; readonly promise: Promise<StoreReply | Refusal> } {
    this.#admit();
    const id = this.#nextId++;
    const deadline = this.#clock.monotonic() + this.#timeoutMs;
    const promise = new Promise<StoreReply | Refusal>((resolve, reject) => this.#commands.set(id, { proposal, deadline, resolve, reject }));
    return { id, promise };
  }

  addRead(): { readonly id: number; readonly promise: Promise<void> } {
    this.#admit();
    const id = this.#nextId++;
    const deadline = this.#clock.monotonic() + this.#timeoutMs;
    const promise = new Promise<void>((resolve, reject) => this.#reads.set(id, { deadline, resolve, reject }));
    return { id, promise };
  }

  take(id: number): Waiter | undefined {
    const waiter = this.#commands.get(id);
    if (waiter !== undefined) this.#commands.delete(id);
    return waiter;
  }

  resolveRead(id: number): void {
    this.#reads.get(id)?.resolve();
    this.#reads.delete(id);
  }

  forget(id: number): void {
    this.#commands.delete(id);
    this.#reads.delete(id);
  }

  /** Gives up on those past their deadline: their outcome is unknown. */
  expire(): void {
    const now = this.#clock.monotonic();
    for (const waiters of [this.#commands, this.#reads]) {
      for (const [id, waiter] of waiters) {
        // They are in the order of their deadlines.
        if (waiter.deadline > now) break;
        waiters.delete(id);
        waiter.reject(etcdError('Timeout'));
      }
    }
  }

  failAll(error: Error): void {
    for (const waiters of [this.#commands, this.#reads]) {
      for (const waiter of waiters.values()) waiter.reject(error);
      waiters.clear();
    }
  }

  #admit(): void {
    if (this.#commands.size + this.#reads.size >= waitersMax) throw etcdError('TooManyRequests');
  }
}
