import { ProposalDroppedError, type ChangeStep, type Entry, type NodeId } from '@rhythm/raft';
import { Network, Violation, WatchChecker, World, type Seen } from '@rhythm/simulator';
import type { Bug } from './bugs.ts';
import { Clients } from './clients.ts';
import { Member, type Packet } from './member.ts';
import { Watches } from './watches.ts';

/** Simulated milliseconds with faults, and to recover from them. */
const troubleMs = 12_000;
const troubleMsMax = 40_000;
const calmMs = 3000;
/** What a seed must get done for its run to mean anything. */
export const acknowledgedMin = 200;
const acknowledgedEnough = 220;

export interface Outcome {
  readonly seed: number;
  readonly members: number;
  readonly acknowledged: number;
  readonly leaderChanges: number;
  readonly counts: ReadonlyMap<string, number>;
  /** What was wrong; undefined when nothing was. */
  readonly violation: Error | undefined;
}

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
      applied: (member: Member, entry: Entry, changes: readonly Seen[]) => this.#noteApplied(member, entry, changes),
      installed: (member: Member) => this.#watches.installed(member),
      leads: (member: Member, term: number) => this.#noteLeader(member, term),
    };
    this.#members = [...founders, 11n, 12n].map((id) => new Member(id, around));
    this.#clients = new Clients(this.#world, () => this.#members.slice(0, this.#size), 10);
    this.#watches = new Watches(this.#world, this.#checker, 4, bug === 'watch-skips-on-resume');
  }

  run(): Outcome {
    let violation: Error | undefined;
    try {
      this.#every(150, () => this.#disturb());
      this.#every(90, () => this.#watches.move(this.#members));
      this.#world.run(this.#until);
      while (this.#clients.acknowledged < acknowledgedEnough && this.#until < troubleMsMax) {
        this.#until += 2000;
        this.#world.run(this.#until);
      }
      this.#clients.stop();
      this.#heal();
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
    this.#disturbElection(packet);
    const arrives = this.#network.send(from, to, packet);
    if (packet.message.type !== 'snapshot') return;
    this.#world.count('snapshots sent');
    this.#world.after(150, () => this.#member(from)?.node?.reportSnapshot(to, arrives));
  }

  /** Elections are where promises are made: rivals stand up, voters crash right after their vote, leaders right after their election. */
  #disturbElection({ message }: Packet): void {
    const world = this.#world;
    if (world.now >= this.#until) return;
    if (message.type === 'vote' && world.chance(0.2)) {
      world.count('rival');
      const { id } = world.pick(this.#members);
      world.after(world.random.next() * 3, () => this.#member(id)?.stand());
    }
    if (message.type !== 'vote-reply' || !message.granted || !world.chance(0.15)) return;
    const who = this.#member(world.chance(0.7) ? message.from : message.to);
    world.after(world.random.next() * 4, () => {
      if (who?.node === undefined) return;
      world.count('crash in election');
      who.crash();
      world.after(world.random.next() * 10, () => who.start());
    });
  }

  #deliver(to: NodeId, packet: Packet): void {
    // A proposal on its way to the leader must not be repeated by the transport: it would be applied twice.
    if (packet.message.type === 'propose' && this.#proposed.has(packet)) return;
    this.#proposed.add(packet);
    this.#member(to)?.receive(packet);
  }

  #member(id: NodeId): Member | undefined {
    return this.#members.find((member) => member.id === id);
  }

  #disturb(): void {
    const world = this.#world;
    const member = this.#target();
    const dice = world.random.next();
    if (dice < 0.2) this.#crash(member);
    else if (dice < 0.22) this.#powerCut();
    else if (dice < 0.3) this.#pause(member);
    else if (dice < 0.45) this.#partition();
    else if (dice < 0.78) this.#network.heal();
    else if (dice < 0.92) this.#change();
    else this.#transfer();
  }

  /** The leader as often as not: what happens to it matters most. */
  #target(): Member {
    const leaders = this.#members.filter((member) => member.node?.status().role === 'leader');
    return this.#world.pick(leaders.length > 0 && this.#world.chance(0.5) ? leaders : this.#members);
  }

  /** Everybody at once. */
  #powerCut(): void {
    this.#world.count('power cut');
    for (const member of this.#members) {
      member.crash();
      this.#world.after(20 + this.#world.random.next() * 100, () => member.start());
    }
  }

  #crash(member: Member): void {
    if (member.node === undefined) return;
    this.#world.count('crash');
    member.crash();
    this.#world.after(20 + this.#world.random.next() * (this.#world.chance(0.2) ? 2500 : 300), () => member.start());
  }

  #pause(member: Member): void {
    this.#world.count('pause');
    member.isPaused = true;
    this.#world.after(this.#world.random.next() * 400, () => {
      member.isPaused = false;
    });
  }

  #partition(): void {
    const world = this.#world;
    const [from, to] = [this.#target(), world.pick(this.#members)];
    this.#network.cut(from.id, to.id);
    const isOneWay = world.chance(0.4);
    world.count(isOneWay ? 'one-way partition' : 'isolation');
    if (isOneWay) return;
    for (const { id } of this.#members) {
      this.#network.cut(from.id, id);
      if (world.chance(0.7)) this.#network.cut(id, from.id);
    }
  }

  #change(): void {
    const world = this.#world;
    const steps = Array.from({ length: world.chance(0.4) ? 2 : 1 }, (): ChangeStep => ({ kind: world.pick(['add-voter', 'add-learner', 'add-voter', 'remove'] as const), id: world.pick(this.#members).id }));
    this.#atLeader('membership changes', (member) => member.node?.proposeChange({ steps, transition: 'auto', context: new Uint8Array(0) }));
  }

  #transfer(): void {
    const target = this.#world.pick(this.#members).id;
    this.#atLeader('transfers', (member) => member.node?.transferLeadership(target));
  }

  #atLeader(kind: string, run: (member: Member) => void): void {
    const leader = this.#members.find((member) => member.node?.status().role === 'leader');
    if (leader === undefined) return;
    try {
      run(leader);
      this.#world.count(kind);
    } catch (error) {
      if (!(error instanceof ProposalDroppedError)) throw error;
    }
  }

  #heal(): void {
    this.#network.heal();
    this.#network.faults = { drop: 0, duplicate: 0, slow: 0, slowMs: 0 };
    for (const member of this.#members) {
      member.isPaused = false;
      member.start();
    }
  }

  #noteLeader(member: Member, term: number): void {
    const known = this.#leaders.get(term);
    if (known !== undefined && known !== member.id) throw new Violation(`term ${term} has two leaders: ${known} and ${member.id}`);
    this.#leaders.set(term, member.id);
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
    const leader = this.#members.filter((member) => member.node?.status().role === 'leader').toSorted((a, b) => (b.node?.status().term ?? 0) - (a.node?.status().term ?? 0))[0];
    if (leader === undefined) throw new Violation('no leader was elected in peace');
    for (const id of leader.state.membership.voters) {
      const member = this.#member(id);
      if (member?.state.applied.index !== leader.state.applied.index) throw new Violation(`voter ${id} has applied ${member?.state.applied.index}, leader ${leader.id} ${leader.state.applied.index}`);
    }
  }
}
