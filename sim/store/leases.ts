import { Violation, type World } from '@rhythm/simulator';
import type { Life } from './member.ts';

/** Clocks of members run up to 7 % too fast, and a tick late. */
const fastest = 1.08;

interface Known {
  readonly id: bigint;
  readonly ttlSeconds: number;
  /** When the last grant or renewal that was answered was asked for: it cannot have been earlier. */
  renewedAt: number;
  isRevoked: boolean;
}

/** Leases that clients take, renew and give back; none may end before its time. */
export class Leases {
  readonly #world: World;
  readonly #known = new Map<bigint, Known>();
  #nextId = 100n;

  constructor(world: World) {
    this.#world = world;
  }

  /** One that somebody was granted, to hang a key on; 0: none. */
  any(): bigint {
    const usable = [...this.#known.values()].filter(({ isRevoked }) => !isRevoked);
    return usable.length === 0 ? 0n : (usable[usable.length - 1 - Math.floor(this.#world.random.next() * Math.min(3, usable.length))] as Known).id;
  }

  /** Grants, renews or revokes one; true when it was answered. */
  async act(life: Life): Promise<boolean> {
    const dice = this.#world.random.next();
    if (this.#known.size === 0 || dice < 0.15) return this.#grant(life, 3 + Math.floor(this.#world.random.next() * 7));
    const lease = this.#known.get(this.any());
    if (lease === undefined) return false;
    if (dice >= 0.18) return this.#renew(life, lease);
    lease.isRevoked = true;
    await life.host.propose({ $case: 'leaseRevoke', value: { ID: lease.id } });
    return true;
  }

  /** Two that live long enough for a checkpoint and a change of leaders. */
  grantLast(life: Life | undefined): void {
    for (const ttl of [8, 9]) this.#grant(life, ttl).catch(() => this.#world.count('refused'));
  }

  renewAll(life: Life | undefined): void {
    for (const lease of this.#known.values()) this.#renew(life, lease).catch(() => this.#world.count('refused'));
  }

  async #grant(life: Life | undefined, ttlSeconds: number): Promise<boolean> {
    const [id, start] = [this.#nextId++, this.#world.now];
    if (life === undefined) return false;
    await life.host.propose({ $case: 'leaseGrant', value: { ID: id, TTL: BigInt(ttlSeconds) } });
    this.#known.set(id, { id, ttlSeconds, renewedAt: start, isRevoked: false });
    this.#world.count('leases granted');
    return true;
  }

  async #renew(life: Life | undefined, lease: Known): Promise<boolean> {
    const start = this.#world.now;
    if (life === undefined || (await life.group.renewLease(lease.id)).remaining <= 0n) return true;
    lease.renewedAt = Math.max(lease.renewedAt, start);
    this.#world.count('leases renewed');
    return true;
  }

  /** Looks at the present leader, which has applied every grant that was answered: a lease that it does not have is over. */
  look(lives: readonly Life[]): void {
    const term = Math.max(...lives.map(({ host }) => host.status().term));
    const host = lives.find((life) => life.host.isLeader && life.host.status().term === term)?.host;
    if (host === undefined) return;
    for (const lease of this.#known.values()) {
      if (lease.isRevoked || host.state.mvcc.leases.get(lease.id) !== undefined) continue;
      this.#known.delete(lease.id);
      this.#world.count('leases expired');
      const { now } = this.#world;
      const earliest = lease.renewedAt + (lease.ttlSeconds * 1000) / fastest;
      if (now < earliest) this.#world.fail(new Violation(`lease ${lease.id} of ${lease.ttlSeconds} s, renewed at ${lease.renewedAt.toFixed(0)} ms, was over at ${now.toFixed(0)} ms`));
    }
  }

  /** Throws a Violation when one has outlived its time by far: nobody has renewed any for `calmMs`. */
  checkEnd(host: Life['host'], calmMs: number): void {
    for (const { id, ttlSeconds } of this.#known.values()) {
      // A change of leaders gives it its whole time again.
      if (2 * ttlSeconds * 1000 + 4000 < calmMs && host.state.mvcc.leases.get(id) !== undefined) throw new Violation(`lease ${id} of ${ttlSeconds} s is still there after ${calmMs} ms`);
    }
  }
}
