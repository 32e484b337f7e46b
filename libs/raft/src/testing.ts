import { seededRandom, type Random } from '@rhythm/base';
import { simpleMembership } from './membership.ts';
import { RaftNode, type NodeOptions } from './node.ts';
import type { Ready } from './ready.ts';
import { nobody, type Entry, type HardState, type Membership, type Message, type NodeId } from './types.ts';

export interface Member {
  node: RaftNode | undefined;
  /** What survives a crash. */
  start: { readonly index: number; readonly term: number };
  entries: Entry[];
  hardState: HardState;
  /** As of `appliedIndex`. */
  membership: Membership;
  /** Applied entries, as `index:text`; kept over crashes, as a durable state machine would. */
  applied: string[];
  appliedIndex: number;
  /** Memberships by the index from which they hold: what `membership` falls back to when a crash takes applied entries back. */
  memberships: Array<readonly [from: number, membership: Membership]>;
  reads: Array<{ readonly context: number; readonly index: number }>;
}

/** A group in memory, for tests: messages travel when told to and can be lost. */
export class Group {
  readonly members = new Map<NodeId, Member>();
  readonly random: Random;
  inflight: Message[] = [];
  /** True for messages that are lost. */
  isLost: (message: Message) => boolean = () => false;
  /** Term → leader, to see that there is one at most. */
  readonly leaders = new Map<number, NodeId>();
  /** Called when a member was seen to lead a term for the first time. */
  onLeader: (id: NodeId) => void = () => undefined;
  readonly #options: Partial<NodeOptions>;
  /** The states that travel with snapshot messages. */
  readonly #states = new WeakMap<Message, readonly string[]>();

  constructor(size: number, seed = 1, inflightMax = 8, options: Partial<NodeOptions> = {}, learners: readonly NodeId[] = []) {
    this.random = seededRandom(seed);
    this.#options = { inflightMax, ...options };
    const voters = Array.from({ length: size }, (_, at) => BigInt(at + 1));
    for (const id of [...voters, ...learners]) this.add(id, simpleMembership(voters, learners));
  }

  get ids(): readonly NodeId[] {
    return [...this.members.keys()];
  }

  /** A new member, which knows this membership: none when it waits to be added. */
  add(id: NodeId, membership: Membership = simpleMembership([])): void {
    const hardState = { term: 0, vote: nobody, commit: 0 };
    this.members.set(id, { node: undefined, start: { index: 0, term: 0 }, entries: [], hardState, membership, applied: [], appliedIndex: 0, memberships: [[0, membership]], reads: [] });
    this.start(id);
  }

  member(id: NodeId): Member {
    const member = this.members.get(id);
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  node(id: NodeId): RaftNode {
    const { node } = this.member(id);
    if (node === undefined) throw new Error(`member ${id} is down`);
    return node;
  }

  start(id: NodeId): void {
    const member = this.member(id);
    member.node = new RaftNode({
      id,
      electionTicks: 10,
      heartbeatTicks: 1,
      messageBytesMax: 64,
      inflightMax: 8,
      uncommittedBytesMax: 10_000,
      random: this.random,
      ...this.#options,
      membership: member.membership,
      start: member.start,
      entries: member.entries,
      hardState: member.hardState,
      applied: member.appliedIndex,
    });
  }

  /** `appliedUpTo`: what was applied after it had not been synced (the log had), and is lost. */
  crash(id: NodeId, appliedUpTo = Infinity): void {
    const member = this.member(id);
    member.node = undefined;
    if (appliedUpTo < member.appliedIndex) {
      member.appliedIndex = Math.max(appliedUpTo, member.start.index);
      member.applied.length = member.appliedIndex;
      member.memberships = member.memberships.filter(([from]) => from <= member.appliedIndex);
      member.membership = member.memberships.at(-1)?.[1] ?? member.membership;
    }
    for (const message of this.inflight) if (message.to === id && message.type === 'snapshot') this.members.get(message.from)?.node?.reportSnapshot(id, false);
    this.inflight = this.inflight.filter((message) => message.to !== id);
  }

  /** Does the work of one member; a crash `beforeSync` loses what was to be written. */
  work(id: NodeId, beforeSync?: () => boolean): void {
    while (this.member(id).node?.hasReady() === true) {
      const ready = this.take(id);
      if (beforeSync?.() === true) {
        this.crash(id);
        return;
      }
      this.finish(id, ready);
    }
  }

  /**
   * Crashes in the middle of a write: the first `count` of the entries are on the disk, the hard state behind them is not. With a state to be
   * installed it is the other way round, as a host may have it: that would be there, the state is not.
   */
  tear(id: NodeId, count: number): void {
    if (this.member(id).node?.hasReady() !== true) return;
    const { snapshot, entries, hardState } = this.take(id);
    if (snapshot === undefined) this.#write(this.member(id), entries.slice(0, count));
    else if (hardState !== undefined) this.member(id).hardState = hardState;
    this.crash(id);
  }

  /** Takes a batch of work and sends what may be sent at once. */
  take(id: NodeId): Ready {
    const ready = this.node(id).ready();
    for (const message of ready.messages) this.#send(this.member(id), message);
    return ready;
  }

  /** Writes, sends what promises the write, applies. */
  finish(id: NodeId, ready: Ready): void {
    const member = this.member(id);
    if (ready.snapshot !== undefined) this.#install(member, ready.snapshot);
    // What need not be synced is lost at the worst moment: it is as good as not written.
    if (ready.hardState !== undefined && ready.mustSync) member.hardState = ready.hardState;
    this.#write(member, ready.entries);
    for (const message of ready.messagesAfterSync) this.#send(member, message);
    for (const entry of ready.committed) {
      if (entry.index !== member.appliedIndex + 1) throw new Error(`entry ${entry.index} is applied after ${member.appliedIndex}`);
      member.applied.push(`${entry.index}:${entry.type === 'config' ? '' : Buffer.from(entry.data).toString()}`);
      member.appliedIndex = entry.index;
    }
    if (ready.membership !== undefined) this.#takeUp(member, ready.membership);
    member.reads.push(...ready.readStates);
    member.node?.advance(ready);
    this.#noteLeader(id);
  }

  /** Cuts the log of a member, in memory and on disk. */
  compact(id: NodeId, index: number): void {
    const member = this.member(id);
    this.node(id).compact(index);
    const term = member.entries[index - member.start.index - 1]?.term;
    if (term === undefined) return;
    member.entries = member.entries.slice(index - member.start.index);
    member.start = { index, term };
  }

  deliver(message: Message): void {
    const { node } = this.members.get(message.to) ?? {};
    if (node === undefined || this.isLost(message)) {
      if (message.type === 'snapshot') this.members.get(message.from)?.node?.reportSnapshot(message.to, false);
      return;
    }
    if (message.type === 'snapshot') this.#arriving.set(`${message.to}/${message.snapshot.index}`, this.#states.get(message) ?? []);
    node.step(message);
    if (message.type === 'snapshot') this.members.get(message.from)?.node?.reportSnapshot(message.to, true);
  }

  /** Delivers and works until nothing is left to do. */
  settle(): void {
    for (let round = 0; round < 1000; round++) {
      for (const id of this.ids) this.work(id);
      const messages = this.inflight.splice(0);
      if (messages.length === 0) return;
      for (const message of messages) this.deliver(message);
    }
    throw new Error('the group does not come to rest');
  }

  tick(count = 1): void {
    for (let at = 0; at < count; at++) {
      for (const id of this.ids) this.members.get(id)?.node?.tick();
      this.settle();
    }
  }

  /** The leader of the highest term, once there is one. */
  elect(): NodeId {
    for (let at = 0; at < 200; at++) {
      const leader = this.leader();
      if (leader !== undefined) return leader;
      this.tick();
    }
    throw new Error('no leader was elected');
  }

  leader(): NodeId | undefined {
    let found: { id: NodeId; term: number } | undefined;
    for (const [id, { node }] of this.members) {
      const status = node?.status();
      if (status?.role === 'leader' && status.term > (found?.term ?? 0)) found = { id, term: status.term };
    }
    return found?.id;
  }

  propose(id: NodeId, ...texts: string[]): void {
    this.node(id).propose(texts.map((text) => Buffer.from(text)));
  }

  /** Texts applied by a member, without the leaders' empty entries and changes of membership. */
  texts(id: NodeId): string[] {
    return this.member(id).applied.map((line) => line.slice(line.indexOf(':') + 1)).filter((text) => text !== '');
  }

  /** States that arrived, by receiver and index, until they are installed. */
  readonly #arriving = new Map<string, readonly string[]>();

  #send(member: Member, message: Message): void {
    if (message.type !== 'snapshot') {
      this.inflight.push(message);
      return;
    }
    const index = member.appliedIndex;
    const term = index === member.start.index ? member.start.term : (member.entries[index - member.start.index - 1]?.term ?? 0);
    const sent: Message = { ...message, snapshot: { index, term, membership: member.membership } };
    this.#states.set(sent, [...member.applied]);
    this.inflight.push(sent);
  }

  #install(member: Member, place: NonNullable<Ready['snapshot']>): void {
    const id = [...this.members].find(([, each]) => each === member)?.[0];
    member.start = { index: place.index, term: place.term };
    member.entries = [];
    member.applied = [...(this.#arriving.get(`${id}/${place.index}`) ?? [])];
    member.appliedIndex = place.index;
    this.#takeUp(member, place.membership);
  }

  #write(member: Member, entries: readonly Entry[]): void {
    const [first] = entries;
    if (first !== undefined) member.entries = [...member.entries.slice(0, first.index - 1 - member.start.index), ...entries];
  }

  #takeUp(member: Member, membership: Membership): void {
    member.membership = membership;
    member.memberships.push([member.appliedIndex, membership]);
  }

  #noteLeader(id: NodeId): void {
    const status = this.members.get(id)?.node?.status();
    if (status?.role !== 'leader') return;
    const known = this.leaders.get(status.term);
    if (known !== undefined && known !== id) throw new Error(`term ${status.term} has two leaders: ${known} and ${id}`);
    this.leaders.set(status.term, id);
    if (known === undefined) this.onLeader(id);
  }
}
