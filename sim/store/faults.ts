import { GrpcError } from '@rhythm/grpc';
import { ProposalDroppedError, type ChangeStep, type NodeId } from '@rhythm/raft';
import type { Network, World } from '@rhythm/simulator';
import type { StoreCommand } from '@rhythm/store/parts';
import type { Life, Member } from './member.ts';
import type { Packet } from './transport.ts';

/** What goes wrong with members that run, and what their operators do to them meanwhile. */
export class Faults {
  readonly #world: World;
  readonly #network: Network<Packet>;
  readonly #members: Member[];
  readonly #join: (id: NodeId) => Member;
  readonly #weights: ReadonlyArray<readonly [weight: number, run: () => void]>;
  readonly #total: number;
  #isOver = false;
  #nextId = 11n;

  /** `join`: makes a member that waits to be added. */
  constructor(world: World, network: Network<Packet>, members: Member[], kind: number, join: (id: NodeId) => Member) {
    this.#world = world;
    this.#network = network;
    this.#members = members;
    this.#join = join;
    const often = (at: number, weight: number): number => (kind % 4 === at ? weight : weight / 4);
    this.#weights = [
      [often(0, 16), () => this.#stop(this.#target(), 'crash')],
      [often(0, 5), () => this.#stop(this.#target(), 'kill')],
      [3, () => this.#powerCut()],
      [often(1, 16), () => this.#pause(this.#target())],
      [often(1, 24), () => this.#partition()],
      [22, () => network.heal()],
      [9, () => this.#mend()],
      [often(2, 32), () => this.#change()],
      [often(1, 12), () => this.#transfer()],
      [often(3, 12), () => this.#fill(this.#target())],
      [often(3, 12), () => this.#lag()],
    ];
    this.#total = this.#weights.reduce((sum, [weight]) => sum + weight, 0);
  }

  disturb(): void {
    let dice = this.#world.random.next() * this.#total;
    this.#weights.find(([weight]) => (dice -= weight) < 0)?.[1]();
  }

  /** From now on nothing goes wrong. */
  end(): void {
    this.#isOver = true;
    this.#network.heal();
    this.#network.faults = { drop: 0, duplicate: 0, slow: 0, slowMs: 0 };
    for (const member of this.#members) member.calm();
  }

  #mend(): void {
    this.#network.heal();
    for (const member of this.#members) {
      member.files.isFull = false;
      member.resume();
      member.start();
    }
  }

  #later(ms: number, run: () => void): void {
    this.#world.after(this.#world.random.next() * ms, () => {
      if (!this.#isOver) run();
    });
  }

  #leader(): (Member & { readonly life: Life }) | undefined {
    return this.#members.find((member): member is Member & { readonly life: Life } => member.life?.host.isLeader === true);
  }

  /** The leader as often as not: what happens to it matters most. */
  #target(): Member {
    const leader = this.#leader();
    return leader !== undefined && this.#world.chance(0.5) ? leader : this.#world.pick(this.#members);
  }

  #stop(member: Member, how: 'crash' | 'kill'): void {
    if (!member.isUp) return;
    this.#world.count(how);
    member[how]();
    this.#world.after(50 + this.#world.random.next() * (this.#world.chance(0.3) ? 6000 : 1500), () => member.start());
  }

  #powerCut(): void {
    this.#world.count('power cut');
    for (const member of this.#members) {
      member.crash();
      this.#world.after(50 + this.#world.random.next() * 400, () => member.start());
    }
  }

  #pause(member: Member): void {
    this.#world.count('pause');
    member.pause();
    this.#world.after(200 + this.#world.random.next() * 4000, () => member.resume());
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

  /** Somebody is away for so long that the log is cut behind it. */
  #lag(): void {
    const member = this.#world.pick(this.#members);
    this.#world.count('lag');
    for (const { id } of this.#members) {
      this.#network.cut(id, member.id);
      this.#network.cut(member.id, id);
    }
  }

  #fill(member: Member): void {
    member.files.isFull = true;
    this.#later(1500, () => {
      member.files.isFull = false;
    });
  }

  /** Adds a learner, promotes one, removes or replaces a member; now and then several at once. */
  #change(): void {
    const world = this.#world;
    const leader = this.#leader();
    const { membership } = leader?.life.host.state ?? {};
    if (leader === undefined || membership === undefined) return;
    const { voters, learners } = membership;
    const dice = world.random.next();
    const [learner] = learners;
    if (learner !== undefined && dice < 0.5) {
      this.#propose('promotions', leader, [{ kind: 'add-voter', id: learner }], { $case: 'promote', value: { id: learner } });
    } else if (dice < 0.75 && this.#members.length < 9) {
      this.#add(leader, world.chance(0.6) ? 'add-learner' : 'add-voter', voters.length > 3 && world.chance(0.5) ? world.pick(voters.filter((id) => id !== leader.id)) : undefined);
    } else if (voters.length > 2) {
      const id = world.pick([...voters, ...learners]);
      this.#propose('removals', leader, [{ kind: 'remove', id }], { $case: 'remove', value: { id } });
    }
  }

  #add(leader: Member & { readonly life: Life }, kind: 'add-learner' | 'add-voter', replaced: NodeId | undefined): void {
    const id = this.#nextId++;
    const steps: ChangeStep[] = [{ kind, id }];
    if (replaced !== undefined) steps.push({ kind: 'remove', id: replaced }, { kind: 'add-voter', id });
    this.#members.push(this.#join(id));
    this.#propose(replaced === undefined ? 'additions' : 'replacements', leader, replaced === undefined ? steps : steps.slice(1), { $case: 'add', value: { id, peerUrls: [`http://m${id}`], isLearner: kind === 'add-learner' } });
  }

  #propose(kind: string, { life }: { readonly life: Life }, steps: readonly ChangeStep[], change: NonNullable<Extract<StoreCommand, { $case: 'member' }>['value']['change']>): void {
    this.#world.count('membership changes');
    life.host.proposeChange(steps, { $case: 'member', value: { change } }).then(
      () => this.#world.count(kind),
      (error: unknown) => {
        if (!(error instanceof ProposalDroppedError) && !(error instanceof GrpcError)) this.#world.fail(error as Error);
      },
    );
  }

  #transfer(): void {
    const leader = this.#leader();
    const voters = leader?.life.host.state.membership?.voters ?? [];
    if (leader === undefined || voters.length < 2) return;
    this.#world.count('transfers');
    leader.life.host.transferLeadership(this.#world.pick(voters.filter((id) => id !== leader.id)));
  }
}
