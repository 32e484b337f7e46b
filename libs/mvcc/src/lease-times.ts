import { Heap } from '@rhythm/base';

interface Deadline {
  readonly id: bigint;
  readonly at: number;
}

/**
 * When leases run out, in the leader's monotonic milliseconds. Not replicated: a new leader starts all of them anew
 * with their full time, so that a change of leaders never shortens one.
 */
export class LeaseTimes {
  readonly #deadlines = new Map<bigint, number>();
  readonly #heap = new Heap<Deadline>((a, b) => a.at - b.at);

  /** Starts or extends a lease of `ttl` seconds. */
  renew(id: bigint, ttl: bigint, nowMs: number): void {
    const at = nowMs + Number(ttl) * 1000;
    this.#deadlines.set(id, at);
    this.#heap.push({ id, at });
  }

  remove(id: bigint): void {
    this.#deadlines.delete(id);
  }

  clear(): void {
    this.#deadlines.clear();
  }

  /** Whole seconds left, as etcd rounds them; undefined for a lease without a deadline here. */
  remainingSeconds(id: bigint, nowMs: number): bigint | undefined {
    const at = this.#deadlines.get(id);
    return at === undefined ? undefined : BigInt(Math.max(0, Math.floor((at - nowMs) / 1000)));
  }

  /** Leases whose time is over, at most `max`; each is given once. */
  expired(nowMs: number, max: number): bigint[] {
    const ids: bigint[] = [];
    while (ids.length < max) {
      const next = this.#heap.peek();
      if (next === undefined || next.at > nowMs) break;
      this.#heap.pop();
      // Renewed or revoked since: a later entry stands for it, or none.
      if (this.#deadlines.get(next.id) !== next.at) continue;
      this.#deadlines.delete(next.id);
      ids.push(next.id);
    }
    return ids;
  }

  /** The earliest deadline that may be due, in monotonic milliseconds. */
  nextAt(): number | undefined {
    return this.#heap.peek()?.at;
  }
}
