import type { Clock, Log } from '@rhythm/base';
import { LeaseTimes, type Leases } from '@rhythm/mvcc';
import type { StoreCommand } from './machine.ts';

/** Leases revoked in one tick. */
const revokedPerTickMax = 1000;

/** The leader's part in leases: it knows when their time is over, and proposes their end. */
export class LeaseKeeper {
  readonly times = new LeaseTimes();
  readonly #leases: () => Leases;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(leases: () => Leases, clock: Clock, log: Log) {
    this.#leases = leases;
    this.#clock = clock;
    this.#log = log;
  }

  /** A command was applied. */
  note(command: StoreCommand): void {
    if (command.$case === 'leaseGrant') this.times.renew(command.value.ID, command.value.TTL, this.#clock.monotonic());
    else if (command.$case === 'leaseRevoke') this.times.remove(command.value.ID);
  }

  /** Leadership came or went: a new leader gives every lease its full time. */
  reset(isLeader: boolean): void {
    this.times.clear();
    if (!isLeader) return;
    const now = this.#clock.monotonic();
    for (const id of this.#leases().ids()) this.times.renew(id, this.#leases().required(id).ttl, now);
  }

  /** Proposes the revocation of those whose time is over. */
  revokeExpired(propose: (command: Extract<StoreCommand, { $case: 'leaseRevoke' }>) => Promise<unknown>): void {
    for (const ID of this.times.expired(this.#clock.monotonic(), revokedPerTickMax)) {
      propose({ $case: 'leaseRevoke', value: { ID } }).catch((error: unknown) => {
        this.#log.warn('an expired lease could not be revoked', { lease: ID, error });
        // Tried again: without a deadline nobody would.
        if (this.#leases().get(ID) !== undefined) this.times.renew(ID, 1n, this.#clock.monotonic());
      });
    }
  }
}
