import type { ProposalDroppedError } from '@rhythm/raft';
import { etcdError } from '../services/errors.ts';
import type { Waiters } from './waiters.ts';

/** Bytes that may wait for a leader; more are refused. */
const waitingBytesMax = 64 * 1024 * 1024;

interface Waiting {
  readonly id: number;
  readonly data: Uint8Array;
  /** It says what only the leader of this term may, and is not forwarded to the next one. */
  readonly ledTerm: number | undefined;
}

/** What is handed to raft at once. */
interface Taken {
  readonly ids: readonly number[];
  readonly data: readonly Uint8Array[];
  readonly ledTerms: ReadonlyArray<number | undefined>;
}

/** Encoded commands on their way to raft. While there is no leader they wait here, as long as their callers do. */
export class Proposals {
  readonly #waiters: Waiters;
  #waiting: Waiting[] = [];
  #bytes = 0;

  constructor(waiters: Waiters) {
    this.#waiters = waiters;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** `ledTerm`: only while this member leads that term. Throws TooManyRequests; the caller then waits for nothing. */
  push(id: number, data: Uint8Array, ledTerm?: number): void {
    if (this.#bytes + data.length > waitingBytesMax) {
      void this.#waiters.take(id);
      throw etcdError('TooManyRequests');
    }
    this.#waiting.push({ id, data, ledTerm });
    this.#bytes += data.length;
  }

  /** Those whose callers still wait. `leads`: the term that this member leads. */
  take(leads: number | undefined): Taken {
    // The next leader has given leases new time: what the one before knew of them does not count any more.
    for (const { id, ledTerm } of this.#waiting) if (ledTerm !== undefined && ledTerm !== leads) this.#waiters.fail(id, etcdError('LeaderChanged'));
    const alive = this.#waiting.filter(({ id }) => this.#waiters.has(id));
    this.#waiting = [];
    this.#bytes = 0;
    return { ids: alive.map(({ id }) => id), data: alive.map(({ data }) => data), ledTerms: alive.map(({ ledTerm }) => ledTerm) };
  }

  /** Raft did not take these: they wait on for a leader, or are refused. */
  dropped({ ids, data, ledTerms }: Taken, { reason }: ProposalDroppedError): void {
    const isForLater = reason === 'no-leader' || reason === 'transferring';
    for (const [at, id] of ids.entries()) {
      if (isForLater) this.push(id, data[at] as Uint8Array, ledTerms[at]);
      else this.#waiters.fail(id, etcdError('TooManyRequests'));
    }
  }
}
