import type { NodeId } from '@rhythm/raft';
import { Network, Violation, World } from '@rhythm/simulator';
import type { HostPlant } from '@rhythm/store/parts';
import type { Outcome } from '../columns.ts';
import { Clients } from './clients.ts';
import { Faults } from './faults.ts';
import { History } from './history.ts';
import { Leases } from './leases.ts';
import { Member, recordOf, type Life, type Surroundings } from './member.ts';
import { nameOfModel } from '@rhythm/simulator';
import { Wires, type Packet } from './transport.ts';
import { Watches } from './watches.ts';
import { found, isSame, rangeOf, toldOf } from './operations.ts';
import { RangeResponse } from '@rhythm/proto/etcd';

/** Simulated milliseconds with faults, at least and at most, and to recover from them. */
const troubleMs = 8000;
const troubleMsMax = 90_000;
const calmMs = 16_000;
/** What a seed must get done for its run to mean anything. */
export const acknowledgedMin = 200;
const acknowledgedEnough = 210;

/** What must have happened in some seed or other. */
export const columns = [
  'additions', 'crash', 'crash in write', 'cut', 'delay', 'disk full', 'drop', 'duplicate', 'fragments', 'garbled write', 'io error', 'isolation', 'kill', 'lag', 'lost batches', 'lost unsynced',
  'one-way partition', 'pause', 'power cut', 'promotions', 'removals', 'replacements', 'torn write', 'transfers',
  'compactions', 'leases expired', 'leases granted', 'leases renewed', 'progress notices', 'removed members', 'snapshots arrived', 'snapshots sent', 'watch events', 'watches compacted', 'watches resumed',
];

/** One seed: a group of 3 or 5 whole members, clients, watches, leases and faults; then peace, and the last checks. Equal arguments give equal outcomes. */
export function runStore(seed: number, plant?: HostPlant): Promise<Outcome> {
  return new Run(seed, plant).run();
}

class Run {
  readonly #seed: number;
  readonly #world: World;
  readonly #members: Member[] = [];
  readonly #history: History;
  readonly #leases: Leases;
  readonly #clients: Clients;
  readonly #watches: readonly Watches[];
  readonly #faults: Faults;
  readonly #leaders = new Map<number, NodeId>();
  readonly #size: number;
  #until = troubleMs;
  #isCalm = false;

  constructor(seed: number, plant: HostPlant | undefined) {
    this.#seed = seed;
    this.#size = seed % 2 === 0 ? 3 : 5;
    const world = new World(seed);
    this.#world = world;
    this.#history = new History(world);
    this.#leases = new Leases(world);
    const network: Network<Packet> = new Network<Packet>(world, { drop: 0.005, duplicate: 0.01, slow: 0.02, slowMs: 400 }, (to, packet) => wires.deliver(to, packet));
    const wires = new Wires(world, network);
    const founders = Array.from({ length: this.#size }, (_, at) => recordOf(BigInt(at + 1)));
    const around: Surroundings = {
      world,
      wires,
      founders,
      plant,
      started: (member, { host }) => this.#history.listen(`member ${member.id}`, host),
      leads: (member, term) => this.#noteLeader(member, term),
    };
    const join = (id: NodeId): Member => {
      const member = new Member(id, around);
      member.start();
      return member;
    };
    for (const { id } of founders) this.#members.push(join(id));
    this.#faults = new Faults(world, network, this.#members, Math.floor(seed / 2), join);
    this.#clients = new Clients(world, this.#history, this.#leases, () => this.#members, 8);
    this.#watches = ['x', 'y', 'z'].map((name) => new Watches(world, this.#history, () => (this.#isCalm ? this.#belonging() : this.#members), name));
  }

  async run(): Promise<Outcome> {
    const world = this.#world;
    let violation: Error | undefined;
    try {
      this.#every(350, () => this.#faults.disturb());
      this.#every(150, () => this.#lookAround());
      await world.runSettling(this.#until);
      while (this.#clients.acknowledged < acknowledgedEnough && this.#until < troubleMsMax) {
        this.#until += 1000;
        await world.runSettling(this.#until);
      }
      this.#clients.stop();
      this.#faults.end();
      this.#isCalm = true;
      await this.#calmTo(this.#until + 6000, () => this.#leases.grantLast(this.#leader()));
      await this.#calmTo(this.#until + 6500, () => this.#leases.renewAll(this.#leader()));
      // What the last leader knew and nobody else shows now.
      this.#leaderMember()?.crash();
      for (const member of this.#members) member.start();
      await this.#calmTo(this.#until + 6500 + calmMs, () => undefined);
      await this.#checkEnd();
      this.#clients.check();
    } catch (error) {
      violation = error as Error;
    }
    return { seed: this.#seed, members: this.#size, acknowledged: this.#clients.acknowledged, leaderChanges: this.#leaders.size, counts: world.counts, violation };
  }

  /** Peace, in which clients rest and watches go on; `then` begins something at once, as soon as there is a leader. */
  async #calmTo(until: number, begin: () => void): Promise<void> {
    let hasBegun = false;
    while (this.#world.now < until) {
      await this.#world.runSettling(this.#world.now + 250);
      if (!hasBegun && this.#leader() !== undefined) {
        hasBegun = true;
        begin();
      }
      for (const watches of this.#watches) watches.move(true);
      this.#leases.look(this.#members.flatMap(({ life }) => life ?? []));
    }
  }

  #leaderMember(): Member | undefined {
    return this.#members.find(({ life }) => life?.host.isLeader === true);
  }

  #leader(): Life | undefined {
    return this.#leaderMember()?.life;
  }

  #every(ms: number, run: () => void): void {
    this.#world.after(ms * (0.5 + this.#world.random.next()), () => {
      if (this.#world.now >= this.#until) return;
      run();
      this.#every(ms, run);
    });
  }

  #lookAround(): void {
    for (const watches of this.#watches) watches.move();
    this.#leases.look(this.#members.flatMap(({ life }) => life ?? []));
  }

  #noteLeader(member: Member, term: number): void {
    const known = this.#leaders.get(term);
    if (known !== undefined && known !== member.id) this.#world.fail(new Violation(`term ${term} has two leaders: ${known} and ${member.id}`));
    this.#leaders.set(term, member.id);
  }

  /** Those who belong to the group: others may never hear that they were removed. */
  #belonging(): Member[] {
    const leader = this.#leaderMember();
    const { voters = [], learners = [] } = leader?.life?.host.state.membership ?? {};
    return this.#members.filter(({ id }) => voters.includes(id) || learners.includes(id));
  }

  /** In peace there is a leader, its members have all it has, and every watch is complete. */
  async #checkEnd(): Promise<void> {
    const leader = this.#leader();
    if (leader === undefined) throw new Violation(`no leader was elected in peace: ${this.#members.map(({ id, life, isRemoved }) => `${id} ${isRemoved ? 'removed' : (life?.host.status().role ?? 'down')}`).join(', ')}`);
    const { truth } = this.#history;
    const expected = this.#history.modelAt(truth.last);
    const { membership, mvcc, applied } = leader.host.state;
    if (mvcc.revision !== truth.last) throw new Violation(`the leader is at revision ${mvcc.revision}, others were at ${truth.last}`);
    for (const id of [...(membership?.voters ?? []), ...(membership?.learners ?? [])]) {
      const life = this.#members.find((member) => member.id === id)?.life;
      if (life === undefined) throw new Violation(`member ${id} does not run in peace`);
      const { state } = life.host;
      if (state.applied.index !== applied.index) throw new Violation(`member ${id} has applied ${state.applied.index}, the leader ${applied.index}`);
      const { kvs } = RangeResponse.decode(await life.kv.range({ ...rangeOf('a', 'g'), serializable: true }, undefined));
      if (expected === undefined || !isSame(kvs.map(toldOf), found(expected, 'a', 'g'))) throw new Violation(`member ${id} does not hold ${expected === undefined ? 'anything' : nameOfModel(expected)}`);
      if (JSON.stringify(state.mvcc.leases.ids().map(String)) !== JSON.stringify(mvcc.leases.ids().map(String))) throw new Violation(`member ${id} has other leases than the leader`);
    }
    this.#leases.checkEnd(leader.host, calmMs);
    for (const watches of this.#watches) if (watches.missing > 0) throw new Violation(`a watch has not been told of the last ${watches.missing} revisions`);
  }
}
