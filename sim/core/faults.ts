import { randomInt } from '@rhythm/base';
import { ProposalDroppedError, type ChangeStep, type NodeId } from '@rhythm/raft';
import type { Network, World } from '@rhythm/simulator';
import type { Member, Packet } from './member.ts';

const no = new Uint8Array(0);

/** What goes wrong in a run: single faults, and sequences of them that algorithms are known to stumble over. */
export class Faults {
  readonly #world: World;
  readonly #network: Network<Packet>;
  readonly #members: () => readonly Member[];
  /** A leader whose entries no longer reach anybody once this many messages of them have. */
  #fading: { readonly id: NodeId; left: number } | undefined;
  #isOver = false;

  readonly #weights: ReadonlyArray<readonly [weight: number, run: () => void]>;
  readonly #total: number;

  /** `kind`: what goes wrong more often in this run; without some order in the disorder the long sequences would never come about. */
  constructor(world: World, network: Network<Packet>, members: () => readonly Member[], kind: number) {
    this.#world = world;
    this.#network = network;
    this.#members = members;
    const often = (at: number, weight: number): number => (kind % 4 === at ? weight : 0);
    this.#weights = [
      [18, () => this.#crash(this.#target())],
      [2, () => this.#powerCut()],
      [8, () => this.#pause(this.#target())],
      [14, () => this.#partition()],
      [26, () => network.heal()],
      [7, () => this.#mend()],
      [14, () => this.#change()],
      [8, () => this.#transfer()],
      [often(1, 20), () => this.#splitChange()],
      [often(2, 16), () => this.#shrink()],
      [often(3, 25), () => this.#figureEight()],
    ];
    this.#total = this.#weights.reduce((sum, [weight]) => sum + weight, 0);
  }

  /** From now on nothing goes wrong. */
  end(): void {
    this.#isOver = true;
    this.#fading = undefined;
    this.#network.faults = { drop: 0, duplicate: 0, slow: 0, slowMs: 0 };
    this.#mend();
  }

  /** One more thing goes wrong, or is mended. */
  disturb(): void {
    let dice = this.#world.random.next() * this.#total;
    const found = this.#weights.find(([weight]) => (dice -= weight) < 0);
    found?.[1]();
  }

  /** Elections are where promises are made: rivals stand up, voters crash right after their vote, leaders right after their election. */
  sending({ message }: Packet): 'lost' | 'sent' {
    const world = this.#world;
    if (this.#isOver) return 'sent';
    if (message.type === 'append' && message.entries.length > 0 && message.from === this.#fading?.id && this.#fading.left-- <= 0) {
      world.count('lost of a fading leader');
      return 'lost';
    }
    if (message.type === 'vote' && world.chance(0.2)) {
      world.count('rival');
      const { id } = world.pick(this.#members());
      world.after(world.random.next() * 3, () => this.#member(id)?.stand());
    }
    if (message.type !== 'vote-reply' || !message.granted || !world.chance(0.15)) return 'sent';
    const who = this.#member(world.chance(0.7) ? message.from : message.to);
    this.#soon(4, () => this.#crash(who, 10, 'crash in election'));
    return 'sent';
  }

  /** A member has begun to lead: now and then it loses its voice in the middle of its first entries, then its power (raft paper, figure 8). */
  elected(member: Member): void {
    if (this.#isOver || this.#fading !== undefined || !this.#world.chance(0.15)) return;
    this.#world.count('fading leader');
    this.#fading = { id: member.id, left: randomInt(this.#world.random, 4) };
    this.#soon(40, () => {
      this.#fading = undefined;
      this.#crash(member, 60);
    });
  }

  #mend(): void {
    this.#network.heal();
    for (const member of this.#members()) {
      member.resume();
      member.start();
    }
  }

  #soon(ms: number, run: () => void): void {
    this.#world.after(this.#world.random.next() * ms, () => {
      if (!this.#isOver) run();
    });
  }

  #member(id: NodeId): Member | undefined {
    return this.#members().find((member) => member.id === id);
  }

  #leader(): Member | undefined {
    return this.#members().find((member) => member.node?.role === 'leader');
  }

  /** The leader as often as not: what happens to it matters most. */
  #target(): Member {
    const leader = this.#leader();
    return leader !== undefined && this.#world.chance(0.5) ? leader : this.#world.pick(this.#members());
  }

  /** Everybody at once. */
  #powerCut(): void {
    this.#world.count('power cut');
    for (const member of this.#members()) {
      member.crash();
      this.#world.after(20 + this.#world.random.next() * 100, () => member.start());
    }
  }

  #crash(member: Member | undefined, downMs = this.#world.chance(0.2) ? 2500 : 300, kind = 'crash'): void {
    if (member?.node === undefined) return;
    this.#world.count(kind);
    member.crash();
    this.#world.after(2 + this.#world.random.next() * downMs, () => member.start());
  }

  #pause(member: Member): void {
    this.#world.count('pause');
    member.isPaused = true;
    this.#world.after(50 + this.#world.random.next() * 500, () => member.resume());
  }

  #partition(): void {
    const world = this.#world;
    const [from, to] = [this.#target(), world.pick(this.#members())];
    this.#network.cut(from.id, to.id);
    const isOneWay = world.chance(0.4);
    world.count(isOneWay ? 'one-way partition' : 'isolation');
    if (isOneWay) return;
    for (const { id } of this.#members()) {
      this.#network.cut(from.id, id);
      if (world.chance(0.7)) this.#network.cut(id, from.id);
    }
  }

  /** Adds, promotes, demotes or removes one or two. */
  #change(): void {
    const world = this.#world;
    const steps = Array.from({ length: world.chance(0.4) ? 2 : 1 }, (): ChangeStep => ({ kind: world.pick(['add-voter', 'add-learner', 'add-voter', 'remove'] as const), id: world.pick(this.#members()).id }));
    this.#propose('membership changes', this.#leader(), steps);
  }

  #transfer(): void {
    const leader = this.#leader();
    const target = this.#world.pick(this.#members()).id;
    this.#try('transfers', () => leader?.node?.transferLeadership(target));
  }

  /** Most voters are replaced at once while the old and the new ones lose sight of each other: both majorities must decide. */
  #splitChange(): void {
    const world = this.#world;
    const leader = this.#leader();
    if (leader?.node === undefined) return;
    const { voters } = leader.node.status().membership;
    const old = voters.filter((id) => id !== leader.id);
    const leaving = old.slice(0, Math.floor(voters.length / 2) + 1);
    const joining = this.#members().map(({ id }) => id).filter((id) => !voters.includes(id)).slice(0, 2);
    const steps = [...joining.map((id): ChangeStep => ({ kind: 'add-voter', id })), ...leaving.map((id): ChangeStep => ({ kind: 'remove', id }))];
    if (!this.#propose('split changes', leader, steps)) return;
    world.after(3 + world.random.next() * 10, () => {
      if (this.#isOver) return;
      for (const one of leaving) {
        for (const { id } of this.#members()) {
          if (leaving.includes(id)) continue;
          this.#network.cut(one, id);
          this.#network.cut(id, one);
        }
      }
    });
  }

  /** One voter that is down leaves, then another; then the power goes, and those who left are back first. */
  #shrink(): void {
    const world = this.#world;
    const leader = this.#leader();
    const [first, second] = leader?.node?.status().membership.voters.filter((id) => id !== leader.id) ?? [];
    if (leader === undefined || first === undefined || second === undefined) return;
    const away = this.#member(first);
    away?.crash();
    this.#propose('shrinking', leader, [{ kind: 'remove', id: first }]);
    const leaves = world.chance(0.5) ? leader.id : second;
    world.after(30 + world.random.next() * 40, () => {
      if (!this.#isOver) this.#propose('shrinking', leader, [{ kind: 'remove', id: leaves }]);
    });
    world.after(110 + world.random.next() * 300, () => {
      if (this.#isOver) return;
      world.count('power cut');
      for (const member of this.#members()) {
        member.crash();
        world.after(member === away || member.id === leaves ? 5 : 400, () => member.start());
      }
    });
    world.after(1000, () => away?.start());
  }

  /**
   * Figure 8 of the raft paper: an entry reaches one follower only, another leader writes over it on its own disk only, the first one is back and
   * gets the old entry to a majority, and nothing newer; then the other one is back.
   */
  #figureEight(): void {
    const world = this.#world;
    const first = this.#leader();
    const others = this.#members().filter((member) => member !== first && member.node !== undefined && first?.node?.status().membership.voters.includes(member.id) === true);
    const [ally, ...rest] = others;
    if (first === undefined || ally === undefined || rest.length < 2) return;
    world.count('figure 8');
    for (const { id } of rest) this.#network.cut(first.id, id);
    for (const { id } of rest) this.#network.cut(ally.id, id);
    this.#later(25, () => {
      first.crash();
      ally.isPaused = true;
      this.#awaitLeader(rest, (second) => {
        this.#fading = { id: second.id, left: 0 };
        this.#later(12, () => {
          second.crash();
          this.#network.heal();
          ally.resume();
          first.start();
          this.#awaitLeader([first, ally], (third) => {
            this.#fading = { id: third.id, left: 4 + randomInt(world.random, 12) };
            this.#later(20, () => {
              third.crash();
              second.start();
              this.#fading = undefined;
              this.#awaitLeader([second], () => third.start());
            });
          });
        });
      });
    });
    this.#later(1500, () => {
      for (const member of this.#members()) if (member.node === undefined) member.start();
    });
  }

  #later(ms: number, run: () => void): void {
    this.#world.after(ms, () => {
      if (!this.#isOver) run();
    });
  }

  /** Waits until one of these leads, the first of them best of all. */
  #awaitLeader(among: readonly Member[], then: (leader: Member) => void, tries = 200): void {
    const leader = among.find((member) => member.node?.role === 'leader');
    if (leader !== undefined) then(leader);
    else if (tries > 0) {
      // Within a lease nobody would vote: they try again and again.
      if (tries % 10 === 0) among[0]?.stand();
      this.#later(2, () => this.#awaitLeader(among, then, tries - 1));
    }
  }

  #propose(kind: string, leader: Member | undefined, steps: readonly ChangeStep[]): boolean {
    return this.#try(kind, () => leader?.node?.proposeChange({ steps, transition: 'auto', context: no }));
  }

  #try(kind: string, run: () => void): boolean {
    if (this.#leader() === undefined) return false;
    try {
      run();
      this.#world.count(kind);
      return true;
    } catch (error) {
      if (!(error instanceof ProposalDroppedError)) throw error;
      return false;
    }
  }
}
