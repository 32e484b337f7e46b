import { randomInt, type Clock, type Random } from '@rhythm/base';
import type { Command, MvccError, Reply } from '@rhythm/mvcc';
import { etcdError } from '../services/errors.ts';

/** Callers waiting at a time; more are refused. */
const waitersMax = 20_000;

interface Waiter {
  readonly command: Command;
  readonly deadline: number;
  resolve(reply: Reply | MvccError): void;
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
  #nextId: number;

  constructor(clock: Clock, random: Random, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    // Entries of an earlier life of this member are applied too: their ids must not meet ours.
    this.#nextId = randomInt(random, 2 ** 52);
  }

  add(command: Command): { readonly id: number; readonly promise: Promise<Reply | MvccError> } {
    this.#admit();
    const id = this.#nextId++;
    const deadline = this.#clock.monotonic() + this.#timeoutMs;
    const promise = new Promise<Reply | MvccError>((resolve, reject) => this.#commands.set(id, { command, deadline, resolve, reject }));
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
