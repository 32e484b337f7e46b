import type { Clock, Log } from '@rhythm/base';
import { LeaseTimes, type Leases } from '@rhythm/mvcc';
import type { StoreCommand } from './machine.ts';
import type { HostPlant } from './plants.ts';

/** Leases revoked in one tick. */
const revokedPerTickMax = 1000;
/** Leases in one checkpoint. */
const checkpointLeasesMax = 1000;
/** How often the time that is left is written to the log, as in etcd: a new leader goes on from there. */
const checkpointMsDefault = 5 * 60 * 1000;

type Propose = (command: Extract<StoreCommand, { $case: 'leaseRevoke' | 'leaseCheckpoint' }>) => Promise<unknown>;

export interface LeaseKeeperOptions {
  /** The present ones: the state may be replaced as a whole. */
  readonly leases: () => Leases;
  readonly clock: Clock;
  readonly log: Log;
  readonly propose: Propose;
  /** What every lease gets on top when the leader changes: for as long nobody could renew it. */
  readonly takeoverMs: number;
  readonly checkpointMs?: number;
  readonly plant?: HostPlant | undefined;
}

/** The leader's part in leases: it knows when their time is over, and proposes their end. */
export class LeaseKeeper {
  readonly times = new LeaseTimes();
  readonly #options: LeaseKeeperOptions;
  #checkpointAt = Infinity;
  /** Leases whose checkpoint was proposed and is not applied yet. */
  readonly #onTheirWay = new Set<bigint>();

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  /** A command was applied by the leader. */
  note(command: StoreCommand): void {
    if (command.$case === 'leaseGrant') this.times.renew(command.value.ID, command.value.TTL, this.#now);
    else if (command.$case === 'leaseRevoke') this.times.remove(command.value.ID);
  }

  /** Leadership came or went. A new leader gives every lease what its last checkpoint left, or else its full time, and a little more. */
  reset(isLeader: boolean): void {
    this.times.clear();
    this.#checkpointAt = Infinity;
    if (!isLeader) return;
    const { leases, takeoverMs, checkpointMs = checkpointMsDefault } = this.#options;
    this.#checkpointAt = this.#now + checkpointMs;
    for (const id of leases().ids()) {
      const { ttl, remaining } = leases().required(id);
      this.times.renew(id, remaining > 0n ? remaining : ttl, this.#now + takeoverMs);
    }
  }

  /**
   * Gives a lease its full time again; resolves with it, or with undefined when it is not there or its time is over: its
   * end is on the way then. Only for a leader that has just been confirmed as such.
   */
  async renew(id: bigint): Promise<bigint | undefined> {
    for (;;) {
      const lease = this.#options.leases().get(id);
      if (lease === undefined || this.times.remainingSeconds(id, this.#now) === undefined) return undefined;
      // Otherwise the next leader would go on from a checkpoint of before, be it in the state or still on its way there.
      if ((lease.remaining > 0n || this.#onTheirWay.has(id)) && this.#options.plant !== 'lost-lease-checkpoint') {
        await this.#options.propose({ $case: 'leaseCheckpoint', value: { checkpoints: [{ ID: id, remainingTTL: 0n }] } });
        continue;
      }
      this.times.renew(id, lease.ttl, this.#now);
      return lease.ttl;
    }
  }

  remainingSeconds(id: bigint): bigint | undefined {
    return this.times.remainingSeconds(id, this.#now);
  }

  /** Proposes what is due: the end of those whose time is over, and checkpoints. */
  tick(): void {
    for (const ID of this.times.expired(this.#now, revokedPerTickMax)) {
      this.#options.propose({ $case: 'leaseRevoke', value: { ID } }).catch((error: unknown) => {
        this.#options.log.warn('an expired lease could not be revoked', { lease: ID, error });
        // Tried again: without a deadline nobody would.
        if (this.#options.leases().get(ID) !== undefined) this.times.renew(ID, 1n, this.#now);
      });
    }
    if (this.#now >= this.#checkpointAt) this.#checkpoint();
  }

  #checkpoint(): void {
    const { leases, checkpointMs = checkpointMsDefault, propose, log } = this.#options;
    this.#checkpointAt = this.#now + checkpointMs;
    const checkpoints = leases().ids().flatMap((ID) => {
      const lease = leases().required(ID);
      const remainingTTL = this.remainingSeconds(ID);
      // A short one would be over before the next.
      const isWorthIt = remainingTTL !== undefined && remainingTTL > 0n && remainingTTL < lease.ttl && Number(lease.ttl) * 1000 > checkpointMs;
      return isWorthIt ? [{ ID, remainingTTL }] : [];
    });
    for (let at = 0; at < checkpoints.length; at += checkpointLeasesMax) {
      const some = checkpoints.slice(at, at + checkpointLeasesMax);
      const arrived = (): void => {
        for (const { ID } of some) this.#onTheirWay.delete(ID);
      };
      for (const { ID } of some) this.#onTheirWay.add(ID);
      propose({ $case: 'leaseCheckpoint', value: { checkpoints: some } }).then(arrived, (error: unknown) => {
        arrived();
        log.warn('the time left of leases could not be written down', { error });
      });
    }
  }

  get #now(): number {
    return this.#options.clock.monotonic();
  }
}
