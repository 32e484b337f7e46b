import type { Entry, NodeId } from '@rhythm/raft';
import { Network, Violation, WatchChecker, World, type Seen } from '@rhythm/simulator';
import type { Outcome } from '../columns.ts';
import type { Bug } from './bugs.ts';
import { Clients } from './clients.ts';
import { Faults } from './faults.ts';
import { Member, type Packet } from './member.ts';
import { Watches } from './watches.ts';

/** Simulated milliseconds with faults, and to recover from them. */
const troubleMs = 3000;
const troubleMsMax = 40_000;
const calmMs = 1500;
/** What a seed must get done for its run to mean anything. */
export const acknowledgedMin = 200;
const acknowledgedEnough = 220;

/** What must have happened in some seed or other. */
export const columns = [
  'crash', 'crash in election', 'crash in write', 'cut', 'delay', 'drop', 'duplicate', 'fading leader', 'figure 8', 'io error', 'isolation', 'lost batches', 'lost unsynced',
  'one-way partition', 'pause', 'power cut', 'rival', 'shrinking', 'split changes', 'torn write',
  'compactions', 'log cuts', 'membership changes', 'snapshots installed', 'snapshots sent', 'transfers', 'watch events', 'watches resumed',
];

/** One seed: a group of 3 or 5 with two spare members, clients, watches and faults; then peace, and the last checks. Equal arguments give equal outcomes. */
export function runSeed(seed: number, bug?: Bug): Outcome {
  return new Run(seed, bug).run();
}

class Run {
  readonly #seed: number;
  readonly #world: World;
  readonly #network: Network<Packet>;
  readonly #members: readonly Member[];
  readonly #clients: Clients;
  readonly #faults: Faults;
  readonly #watches: Watches;
  readonly #checker = new WatchChecker();
  readonly #proposed = new WeakSet<Packet>();
  readonly #leaders = new Map<number, NodeId>();
  /** What the first member to apply an index made of it. */
  readonly #applied = new Map<number, string>();
  readonly #size: number;
  /** When the trouble ends. */
  #until = troubleMs;

  constructor(seed: number, bug: Bug | undefined) {
    this.#seed = seed;
    this.#world = new World(seed);
    this.#size = seed % 2 === 0 ? 3 : 5;
    const founders = Array.from({ length: this.#size }, (_, at) => BigInt(at + 1));
    const faults = { drop: 0.01, duplicate: 0.01, slow: 0.02, slowMs: 80 };
    this.#network = new Network<Packet>(this.#world, faults, (to, packet) => this.#deliver(to, packet));
    const around = {
      world: this.#world,
      bug,
      founders,
      send: (packet: Packet) => this.#send(packet),
      applied: (member: Member, entry: Entry, changes: readonly Seen[], request: number | undefined) => {
        if (request !== undefined) this.#clients.applied(request);
        this.#noteApplied(member, entry, changes);
      },
      installed: (member: Member) => this.#watches.installed(member),
      leads: (member: Member, term: number) => this.#noteLeader(member, term),
    };
    this.#members = [...founders, 11n, 12n].map((id) => new Member(id, around));
    this.#faults = new Faults(this.#world, this.#network, () => this.#members, Math.floor(seed / 2));
    this.#clients = new Clients(this.#world, () => this.#members.slice(0, this.#size), 10);
    this.#watches = new Watches(this.#world, this.#checker, 4, bug === 'watch-skips-on-resume');
  }

  run(): Outcome {
    let violation: Error | undefined;
    try {
      this.#every(150, () => this.#faults.disturb());
      this.#every(90, () => this.#watches.move(this.#members));
      this.#world.run(this.#until);
      while (this.#clients.acknowledged < acknowledgedEnough && this.#until < troubleMsMax) {
        this.#until += 500;
        this.#world.run(this.#until);
      }
      this.#clients.stop();
      this.#faults.end();
      this.#world.run(this.#until + calmMs);
      this.#watches.move(this.#members);
      this.#checkEnd();
      this.#clients.check();
    } catch (error) {
      violation = error as Error;
    }
    return { seed: this.#seed, members: this.#size, acknowledged: this.#clients.acknowledged, leaderChanges: this.#leaders.size, counts: this.#world.counts, violation };
  }

  #every(ms: number, run: () => void): void {
    this.#world.after(ms * (0.5 + this.#world.random.next()), () => {
      if (this.#world.now >= this.#until) return;
      run();
      this.#every(ms, run);
    });
  }

  #send(packet: Packet): void {
    const { from, to } = packet.message;
    const arrives = this.#faults.sending(packet) === 'sent' && this.#network.send(from, to, packet);
    if (packet.message.type !== 'snapshot') return;
    this.#world.count('snapshots sent');
    this.#world.after(150, () => this.#member(from)?.node?.reportSnapshot(to, arrives));
  }

  #deliver(to: NodeId, packet: Packet): void {
    // A proposal on its way to the leader must not be repeated by the transport: it would be applied twice.
    if (packet.message.type === 'propose') {
      if (this.#proposed.has(packet)) return;
      this.#proposed.add(packet);
    }
    this.#member(to)?.receive(packet);
  }

  #member(id: NodeId): Member | undefined {
    return this.#members.find((member) => member.id === id);
  }

  #noteLeader(member: Member, term: number): void {
    const known = this.#leaders.get(term);
    if (known !== undefined && known !== member.id) throw new Violation(`term ${term} has two leaders: ${known} and ${member.id}`);
    this.#leaders.set(term, member.id);
    this.#faults.elected(member);
  }

  /** State-machine safety: the same entry, revision and membership at an index for everybody. */
  #noteApplied(member: Member, entry: Entry, changes: readonly Seen[]): void {
    const { voters, outgoing, learners } = member.state.membership;
    const made = `term ${entry.term}, revision ${member.state.mvcc.revision}, members ${voters.join(' ')}/${outgoing.join(' ')}/${learners.join(' ')}`;
    const known = this.#applied.get(entry.index);
    if (known !== undefined && known !== made) throw new Violation(`member ${member.id} applied entry ${entry.index} with ${made}, others with ${known}`);
    this.#applied.set(entry.index, made);
    this.#checker.applied(`member ${member.id}`, changes);
    this.#watches.applied(member, changes);
  }

  /** In peace there is a leader, and its voters have all it has. */
  #checkEnd(): void {
    const leader = this.#members.filter((member) => member.node?.role === 'leader').toSorted((a, b) => (b.node?.status().term ?? 0) - (a.node?.status().term ?? 0))[0];
    if (leader === undefined) throw new Violation('no leader was elected in peace');
    for (const id of leader.state.membership.voters) {
      const member = this.#member(id);
      if (member?.state.applied.index !== leader.state.applied.index) throw new Violation(`voter ${id} has applied ${member?.state.applied.index}, leader ${leader.id} ${leader.state.applied.index}`);
    }
  }
}
