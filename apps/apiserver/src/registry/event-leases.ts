import type { Clock } from '@rhythm/base';
import type { Store } from '@rhythm/store-client';
import { limits } from '../limits.ts';

/** Leases that make events go away by themselves. Events of a few minutes share one. */
export class EventLeases {
  readonly #store: Pick<Store, 'leaseGrant'>;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #lease: Promise<bigint> | undefined;
  #until = 0;

  constructor(store: Pick<Store, 'leaseGrant'>, clock: Pick<Clock, 'monotonic'>) {
    this.#store = store;
    this.#clock = clock;
  }

  /** A lease that lasts at least `eventSeconds` from now. Rejects with `StoreError`. */
  current(): Promise<bigint> {
    const now = this.#clock.monotonic();
    if (this.#lease === undefined || now >= this.#until) {
      const lease = this.#store.leaseGrant(limits.eventSeconds + limits.eventLeaseSeconds);
      this.#lease = lease;
      this.#until = now + limits.eventLeaseSeconds * 1000;
      lease.catch(() => {
        if (this.#lease === lease) this.#lease = undefined;
      });
    }
    return this.#lease;
  }
}
