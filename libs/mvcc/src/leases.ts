import { MvccError } from './errors.ts';
import { leaseKey } from './disk-key.ts';
import type { Write } from './types.ts';

/** The longest time to live that etcd grants, in seconds. */
export const leaseTtlMax = 9_000_000_000n;

export interface Lease {
  readonly id: bigint;
  /** Seconds, as granted. */
  readonly ttl: bigint;
  /** Seconds that were left at the last checkpoint; 0: none since it was granted or renewed. */
  remaining: bigint;
  readonly keys: Set<string>;
}

/**
 * Leases and the keys that hang on them. Part of the replicated state: whether time has run out is decided outside
 * (`LeaseTimes`), and comes back as a revocation through the log.
 */
export class Leases {
  readonly #leases = new Map<bigint, Lease>();
  readonly #byKey = new Map<string, Lease>();

  get(id: bigint): Lease | undefined {
    return this.#leases.get(id);
  }

  ids(): bigint[] {
    return [...this.#leases.keys()].sort((a, b) => (a < b ? -1 : 1));
  }

  grant(id: bigint, ttl: bigint): Write {
    if (ttl > leaseTtlMax) throw new MvccError('LeaseTtlTooLarge', `time to live ${ttl} is above ${leaseTtlMax}`);
    if (id === 0n) throw new MvccError('LeaseNotFound', 'lease 0 cannot be granted');
    if (this.#leases.has(id)) throw new MvccError('LeaseExists', `lease ${id} exists`);
    this.restore(id, ttl);
    return leaseWrite(id, ttl, 0n);
  }

  /** Notes how much time is left, so that the next leader goes on from there; nothing for a lease that has gone. */
  checkpoint(id: bigint, remaining: bigint): Write | undefined {
    const lease = this.#leases.get(id);
    if (lease === undefined || remaining < 0n || remaining > lease.ttl) return undefined;
    lease.remaining = remaining;
    return leaseWrite(id, lease.ttl, remaining);
  }

  /** The lease to revoke; the caller deletes its keys and then calls `remove`. */
  required(id: bigint): Lease {
    const lease = this.#leases.get(id);
    if (lease === undefined) throw new MvccError('LeaseNotFound', `lease ${id} does not exist`);
    return lease;
  }

  remove(id: bigint): Write {
    this.#leases.delete(id);
    return { key: leaseKey(id) };
  }

  restore(id: bigint, ttl: bigint, remaining = 0n): void {
    this.#leases.set(id, { id, ttl, remaining, keys: new Set() });
  }

  /** The lease of a key, 0 for none. */
  leaseOf(key: string): bigint {
    return this.#byKey.get(key)?.id ?? 0n;
  }

  /** Hangs a key on a lease (0: on none), taking it off the one before. */
  attach(key: string, id: bigint): void {
    const before = this.#byKey.get(key);
    if (before?.id === id) return;
    before?.keys.delete(key);
    const lease = id === 0n ? undefined : this.#leases.get(id);
    if (lease === undefined) {
      this.#byKey.delete(key);
      return;
    }
    lease.keys.add(key);
    this.#byKey.set(key, lease);
  }
}

function leaseWrite(id: bigint, ttl: bigint, remaining: bigint): Write {
  const value = Buffer.alloc(remaining === 0n ? 8 : 16);
  value.writeBigInt64BE(ttl);
  if (remaining !== 0n) value.writeBigInt64BE(remaining, 8);
  return { key: leaseKey(id), value };
}
