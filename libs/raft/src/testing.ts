import { seededRandom, type Random } from '@rhythm/base';
import { RaftNode } from './node.ts';
import { nobody, type Entry, type HardState, type Message, type NodeId } from './types.ts';

interface Member {
  node: RaftNode | undefined;
  /** What survives a crash. */
  entries: Entry[];
  hardState: HardState;
  /** Applied entries, as `index:text`; kept over crashes, as a state machine with a log of its own would. */
  applied: string[];
  appliedIndex: number;
  reads: Array<{ readonly context: number; readonly index: number }>;
}

/** A group in memory, for tests: messages travel when told to and can be lost. */
export class Group {
  readonly members = new Map<NodeId, Member>();
  readonly ids: readonly NodeId[];
  readonly random: Random;
  inflight: Message[] = [];
  /** True for messages that are lost. */
  isLost: (message: Message) => boolean = () => false;
  readonly inflightMax: number;
  /** Term → leader, to see that there is one at most. */
  readonly leaders = new Map<number, NodeId>();

  constructor(size: number, seed = 1, inflightMax = 8) {
    this.random = seededRandom(seed);
    this.inflightMax = inflightMax;
    this.ids = Array.from({ length: size }, (_, at) => BigInt(at + 1));
    for (const id of this.ids) {
      this.members.set(id, { node: undefined, entries: [], hardState: { term: 0, vote: nobody, commit: 0 }, applied: [], appliedIndex: 0, reads: [] });
      this.start(id);
    }
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
      voters: this.ids,
      electionTicks: 10,
      heartbeatTicks: 1,
      messageBytesMax: 64,
      inflightMax: this.inflightMax,
      uncommittedBytesMax: 10_000,
      random: this.random,
      entries: member.entries,
      hardState: member.hardState,
      applied: member.appliedIndex,
    });
  }

  crash(id: NodeId): void {
    this.member(id).node = undefined;
    this.inflight = this.inflight.filter((message) => message.to !== id);
  }

  /** Does the work of one member; a crash `beforeSync` loses what was to be written. */
  work(id: NodeId, beforeSync?: () => boolean): void {
    const member = this.member(id);
    while (member.node?.hasReady() === true) {
      const ready = member.node.ready();
      this.inflight.push(...ready.messages);
      if (beforeSync?.() === true) {
        this.crash(id);
        return;
      }
      if (ready.hardState !== undefined) member.hardState = ready.hardState;
      const first = ready.entries[0];
      if (first !== undefined) member.entries = [...member.entries.slice(0, first.index - 1), ...ready.entries];
      this.inflight.push(...ready.messagesAfterSync);
      for (const entry of ready.committed) {
        if (entry.index !== member.appliedIndex + 1) throw new Error(`entry ${entry.index} is applied after ${member.appliedIndex}`);
        member.applied.push(`${entry.index}:${Buffer.from(entry.data).toString()}`);
        member.appliedIndex = entry.index;
      }
      member.reads.push(...ready.readStates);
      member.node.advance(ready);
      this.#noteLeader(id, member.node);
    }
  }

  /** Delivers and works until nothing is left to do. */
  settle(): void {
    for (let round = 0; round < 1000; round++) {
      for (const id of this.ids) this.work(id);
      const messages = this.inflight.splice(0);
      if (messages.length === 0) return;
      for (const message of messages) if (!this.isLost(message)) this.members.get(message.to)?.node?.step(message);
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

  /** Texts applied by a member, without the leaders' empty entries. */
  texts(id: NodeId): string[] {
    return this.member(id).applied.map((line) => line.slice(line.indexOf(':') + 1)).filter((text) => text !== '');
  }

  #noteLeader(id: NodeId, node: RaftNode): void {
    const { role, term } = node.status();
    if (role !== 'leader') return;
    const known = this.leaders.get(term);
    if (known !== undefined && known !== id) throw new Error(`term ${term} has two leaders: ${known} and ${id}`);
    this.leaders.set(term, id);
  }
}
