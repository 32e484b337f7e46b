import type { ProposalDroppedError } from '@rhythm/raft';
import { etcdError } from '../services/errors.ts';
import type { Waiters } from './waiters.ts';

/** Bytes that may wait for a leader; more are refused. */
const waitingBytesMax = 64 * 1024 * 1024;

/** Encoded commands on their way to raft. While there is no leader they wait here, as long as their callers do. */
export class Proposals {
  readonly #waiters: Waiters;
  #waiting: Array<{ readonly id: number; readonly data: Uint8Array }> = [];
  #bytes = 0;

  constructor(waiters: Waiters) {
    this.#waiters = waiters;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Throws TooManyRequests; the caller then waits for nothing. */
  push(id: number, data: Uint8Array): void {
    if (this.#bytes + data.length > waitingBytesMax) {
      void this.#waiters.take(id);
      throw etcdError('TooManyRequests');
    }
    this.#waiting.push({ id, data });
    this.#bytes += data.length;
  }

  /** Those whose callers still wait. */
  take(): { readonly ids: readonly number[]; readonly data: readonly Uint8Array[] } {
    const alive = this.#waiting.filter(({ id }) => this.#waiters.has(id));
    this.#waiting = [];
    this.#bytes = 0;
    return { ids: alive.map(({ id }) => id), data: alive.map(({ data }) => data) };
  }

  /** Raft did not take these: they wait on for a leader, or are refused. */
  dropped({ ids, data }: { readonly ids: readonly number[]; readonly data: readonly Uint8Array[] }, { reason }: ProposalDroppedError): void {
    const isForLater = reason === 'no-leader' || reason === 'transferring';
    for (const [at, id] of ids.entries()) {
      if (isForLater) this.push(id, data[at] as Uint8Array);
      else this.#waiters.fail(id, etcdError('TooManyRequests'));
    }
  }
}
