import { MvccError, type Applied, type Reply } from '@rhythm/mvcc';
import { nobody, plantedBugs, ProposalDroppedError, RaftNode, type Entry, type HardState, type Membership, type Message, type NodeId, type Ready } from '@rhythm/raft';
import { LogDisk, SpaceDisk, Violation, type Seen, type World } from '@rhythm/simulator';
import type { Bug } from './bugs.ts';
import { decodeRequest, encodeRequest, type Request } from './command.ts';
import { encodeMembership, membersKey, SimState } from './state.ts';

type LogItem = { readonly entry: Entry } | { readonly hardState: HardState };

/** A message, with the state that goes with a snapshot. */
export interface Packet {
  readonly message: Message;
  readonly state?: ReadonlyArray<readonly [string, Uint8Array]>;
}

/** What a member tells the run. */
export interface Surroundings {
  readonly world: World;
  readonly bug: Bug | undefined;
  readonly founders: readonly NodeId[];
  send(packet: Packet): void;
  /** An entry was applied. */
  applied(member: Member, entry: Entry, changes: readonly Seen[], request: number | undefined): void;
  /** A leader's state took the place of its own: nothing in between was applied here. */
  installed(member: Member): void;
  leads(member: Member, term: number): void;
}

const tickMs = 10;
const flushMs = 20;
const cutEveryEntries = 40;
const keepEntries = 10;

/** One member: real raft and real mvcc, under the rules of `apps/store/src/host` on simulated disks. */
export class Member {
  readonly id: NodeId;
  state: SimState;
  node: RaftNode | undefined;
  /** Not running, though not crashed: messages and ticks wait. */
  isPaused = false;
  readonly #log = new LogDisk<LogItem>();
  readonly #space = new SpaceDisk();
  readonly #around: Surroundings;
  readonly #tickFactor: number;
  readonly #waiting = new Map<number, (reply: Reply | MvccError) => void>();
  #reads: Array<{ readonly id: number; readonly index: number | undefined; readonly serve: () => void }> = [];
  readonly #arrived = new Map<number, Packet>();
  #sockets: Array<() => void> = [];
  #life = 0;
  #isWriting = false;
  #cutAt = 0;
  #hardState: HardState = { term: 0, vote: nobody, commit: 0 };
  #ledTerm = 0;

  constructor(id: NodeId, around: Surroundings) {
    this.id = id;
    this.#around = around;
    // Clocks that run differently fast.
    this.#tickFactor = 0.85 + around.world.random.next() * 0.3;
    this.state = this.#load();
    this.start();
  }

  start(): void {
    if (this.node !== undefined) return;
    const { world, bug } = this.#around;
    this.state = this.#load();
    const { applied, membership } = this.state;
    const { entries, hardState } = this.#recover();
    this.#hardState = hardState;
    this.#cutAt = applied.index;
    this.node = new RaftNode({
      id: this.id,
      membership,
      electionTicks: 10,
      heartbeatTicks: 1,
      // One entry, and not even an empty one with it: logs are found half replicated.
      messageBytesMax: 20,
      inflightMax: 16,
      uncommittedBytesMax: 100_000,
      random: world.random,
      start: applied,
      entries,
      hardState,
      plantedBug: plantedBugs.find((each) => each === bug),
    });
    const life = ++this.#life;
    this.#isWriting = false;
    this.isPaused = false;
    this.#every(tickMs * this.#tickFactor, life, () => {
      this.node?.tick();
      this.#work();
    });
    this.#every(flushMs, life, () => this.state.flush(false));
  }

  crash(): void {
    if (this.node === undefined) return;
    this.node = undefined;
    this.#life++;
    this.#log.crash(this.#around.world);
    this.#space.crash(this.#around.world);
    this.#waiting.clear();
    this.#sockets = [];
    this.#reads = [];
    this.#arrived.clear();
  }

  /** Campaigns at once. */
  stand(): void {
    if (this.node === undefined || this.isPaused) return;
    this.node.campaign();
    this.#work();
  }

  receive(packet: Packet): void {
    if (this.node === undefined) return;
    if (this.#waits(() => this.receive(packet))) return;
    const { message } = packet;
    if (message.type === 'snapshot') this.#arrived.set(message.snapshot.index, packet);
    if (message.type === 'snapshot' && this.#around.bug === 'snapshot-without-membership') this.node.step({ ...message, snapshot: { ...message.snapshot, membership: this.#founding() } });
    else this.node.step(message);
    this.#work();
  }

  /** Throws `ProposalDroppedError`; afterwards the outcome may stay unknown. */
  propose(id: number, request: Request, done: (reply: Reply | MvccError) => void): void {
    if (this.#waits(() => this.propose(id, request, done))) return;
    this.node?.propose([encodeRequest(id, request)]);
    this.#waiting.set(id, done);
    this.#work();
  }

  /** Calls back once the applied state holds everything acknowledged before. */
  read(id: number, serve: () => void): void {
    if (this.#waits(() => this.read(id, serve))) return;
    this.node?.readIndex(id);
    this.#reads.push({ id, index: undefined, serve });
    this.#work();
  }

  /** Goes on after a pause with what has come meanwhile, in no order: it came from many sides. */
  resume(): void {
    const { world } = this.#around;
    const life = this.#life;
    this.isPaused = false;
    for (const later of this.#sockets.splice(0)) world.after(world.random.next() * 3, () => (life === this.#life ? later() : undefined));
  }

  /** What comes while this member is paused waits in its sockets: true when it is not to be done now. */
  #waits(later: () => void): boolean {
    if (!this.isPaused || this.node === undefined) return this.node === undefined;
    this.#sockets.push(() => {
      try {
        later();
      } catch (error) {
        // Refused: whoever asked is not told any more, and finds out by waiting.
        if (!(error instanceof ProposalDroppedError)) throw error;
      }
    });
    return true;
  }

  #load(): SimState {
    const { founders, bug } = this.#around;
    return new SimState(this.#space, founders.includes(this.id) ? founders : [], bug === 'apply-twice-after-crash');
  }

  #every(ms: number, life: number, run: () => void): void {
    this.#around.world.after(ms, () => {
      if (life !== this.#life) return;
      if (!this.isPaused) run();
      this.#every(ms, life, run);
    });
  }

  #work(): void {
    const { node } = this;
    while (node !== undefined && node === this.node && !this.#isWriting && node.hasReady()) this.#do(node, node.ready());
  }

  #do(node: RaftNode, ready: Ready): void {
    const { world, bug } = this.#around;
    const life = this.#life;
    this.#send(ready.messages);
    if (ready.snapshot !== undefined) this.#install(ready.snapshot.index);
    if (ready.mustSync) this.#append(ready);
    if (bug === 'answer-before-sync') this.#send(ready.messagesAfterSync);
    for (const entry of ready.committed) this.#apply(entry, entry.type === 'config' ? ready.membership : undefined);
    for (const read of ready.readStates) this.#reads = this.#reads.map((each) => (each.id === read.context ? { ...each, index: read.index } : each));
    this.#serveReads();
    const finish = (): void => {
      if (life !== this.#life) return;
      if (ready.mustSync && world.chance(0.0005)) {
        // Nobody knows what reached the disk: the process ends, and looks anew when it is started.
        world.count('io error');
        this.crash();
        world.after(100, () => this.start());
        return;
      }
      if (ready.mustSync) this.#log.sync();
      this.#isWriting = false;
      if (bug !== 'answer-before-sync') this.#send(ready.messagesAfterSync);
      node.advance(ready);
      this.#noteLeading(node);
      this.#cut(node);
      this.#work();
    };
    this.#isWriting = true;
    if (ready.mustSync && world.chance(0.004)) {
      world.count('crash in write');
      world.after(0.4, () => {
        if (life !== this.#life) return;
        this.crash();
        world.after(50 + world.random.next() * 300, () => this.start());
      });
    }
    if (ready.mustSync) world.after(0.5 + world.random.next() * (world.chance(0.02) ? 60 : 3), finish);
    else finish();
  }

  #append(ready: Ready): void {
    const items: LogItem[] = ready.entries.map((entry) => ({ entry }));
    if (ready.hardState !== undefined) {
      this.#hardState = ready.hardState;
      const isForgotten = this.#around.bug === 'vote-not-persisted' && ready.entries.length === 0;
      if (!isForgotten) items.push({ hardState: ready.hardState });
    }
    this.#log.append(items);
  }

  #apply(entry: Entry, membership: Membership | undefined): void {
    const at = { index: entry.index, term: entry.term };
    if (entry.index !== this.state.applied.index + 1) throw new Violation(`member ${this.id} applies ${entry.index} after ${this.state.applied.index}`);
    const request = entry.type === 'normal' && entry.data.length > 0 ? decodeRequest(entry.data) : undefined;
    const applied = this.state.apply(request?.command, at);
    if (membership !== undefined) this.state.setMembership(membership);
    this.#around.applied(this, entry, applied === undefined ? [] : this.#changes(applied), request?.id);
    if (request === undefined || applied === undefined) return;
    if (request.command.$case === 'compaction' && !(applied.reply instanceof MvccError)) this.state.collectGarbage();
    this.#waiting.get(request.id)?.(applied.reply);
    this.#waiting.delete(request.id);
  }

  #changes(applied: Applied): Seen[] {
    return applied.events.map(({ type, keyText: key, kv, revision, previous }) => ({
      revision: revision.main,
      sub: revision.sub,
      key,
      value: type === 'delete' ? undefined : Buffer.from(kv.value).toString(),
      previous: this.state.previousValue(previous),
    }));
  }

  #serveReads(): void {
    const ready = this.#reads.filter(({ index }) => index !== undefined && index <= this.state.applied.index);
    if (ready.length === 0) return;
    this.#reads = this.#reads.filter((read) => !ready.includes(read));
    for (const read of ready) read.serve();
  }

  #send(messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.type !== 'snapshot') {
        this.#around.send({ message });
        continue;
      }
      this.state.flush(false);
      const { applied, membership } = this.state;
      // A founder that has never changed anything has no membership on its disk.
      this.#around.send({ message: { ...message, snapshot: { ...applied, membership } }, state: [...this.#space.entries().filter(([key]) => key !== membersKey), [membersKey, encodeMembership(membership)]] });
    }
  }

  #install(index: number): void {
    const packet = this.#arrived.get(index);
    if (packet?.state === undefined) throw new Violation(`member ${this.id} is to install a state that did not arrive`);
    const loses = this.#around.bug === 'snapshot-without-membership';
    this.#space.replace(loses ? [...packet.state.filter(([key]) => key !== membersKey), [membersKey, encodeMembership(this.#founding())]] : packet.state);
    this.#log.replace([{ hardState: this.#hardState }]);
    this.state = this.#load();
    this.#arrived.clear();
    this.#cutAt = index;
    this.#around.world.count('snapshots installed');
    this.#around.installed(this);
  }

  #founding(): Membership {
    const { voters } = this.state.membership;
    return { voters: voters.length === 0 ? this.#around.founders : voters, outgoing: [], learners: [], learnersNext: [], autoLeave: false };
  }

  /** Makes the state durable, then forgets the log behind it. */
  #cut(node: RaftNode): void {
    if (this.state.applied.index - this.#cutAt < cutEveryEntries) return;
    this.#around.world.count('log cuts');
    const isEarly = this.#around.bug === 'log-cut-before-sync';
    this.state.flush(!isEarly);
    const reached = this.state.applied.index;
    this.#cutAt = reached;
    node.compact(Math.max(0, reached - keepEntries));
    this.#log.append([{ hardState: this.#hardState }]);
    this.#log.sync();
    const { records } = this.#log;
    const kept = records.findIndex((item, at) => ('entry' in item ? item.entry.index > reached : at === records.length - 1));
    this.#log.cut(kept);
  }

  #recover(): { readonly entries: readonly Entry[]; readonly hardState: HardState } {
    const { applied } = this.state;
    let hardState: HardState = { term: applied.term, vote: nobody, commit: applied.index };
    const all: Entry[] = [];
    for (const item of this.#log.records) {
      if ('hardState' in item) {
        hardState = item.hardState;
        continue;
      }
      const first = all[0]?.index ?? item.entry.index;
      all.length = Math.max(0, item.entry.index - first);
      all.push(item.entry);
    }
    const [first] = all;
    if (first !== undefined && first.index > applied.index + 1) throw new Violation(`member ${this.id}: the log begins at entry ${first.index}, the state ends at ${applied.index}`);
    const entries = first === undefined ? [] : all.slice(applied.index + 1 - first.index);
    return { entries, hardState: hardState.term < applied.term ? { term: applied.term, vote: nobody, commit: applied.index } : hardState };
  }

  #noteLeading(node: RaftNode): void {
    const { role, term } = node;
    if (role !== 'leader' || term === this.#ledTerm) return;
    this.#ledTerm = term;
    this.#around.leads(this, term);
  }
}
