import { assert, toError, type Timer } from '@rhythm/base';
import type { Caller } from '@rhythm/proto/store';
import { isVoter, membersOf, ProposalDroppedError, type RaftNode, type MembershipChange, type Message, type NodeId, type Ready, type Status } from '@rhythm/raft';
import { internalCaller } from '../auth/access.ts';
import { costBytes, takesSpace } from '../alarms/cost.ts';
import { alarmTypes, type AlarmType } from '../alarms/machine.ts';
import { Applier, removedError } from './applier.ts';
import { encodeCommand } from './command.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { Leadership } from './leadership.ts';
import { LogCutter } from './log-cutter.ts';
import type { CommandKind, StoreCommand, StoreReply } from './machine.ts';
import type { HostOptions, Listener } from './options.ts';
import { Proposals } from './proposals.ts';
import type { RaftDiskLog } from './raft-log.ts';
import { Reads } from './reads.ts';
import { recover } from './recover.ts';
import { StateTransfer } from './state-transfer.ts';
import type { State } from './state.ts';
import { electionTicks, requestBytesMax, requestTimeoutMs, tickMs } from './timing.ts';
import type { SnapshotMessage, Transport } from './transport.ts';
import { Waiters, type Answer } from './waiters.ts';
import { etcdError } from '../services/errors.ts';

/** Writes that may wait for the key space before applying pauses. */
const backlogWritesMax = 20_000;

/** What a command is answered with when it is not refused. */
export type ReplyTo<C extends StoreCommand> = Extract<StoreReply, { readonly $case: C['$case'] }>;

/** See `Host.counts`. */
export interface HostCounts {
  /** Leaders that became known. */
  readonly leaderChanges: number;
  readonly proposalsPending: number;
  readonly proposalsFailed: number;
  /** Commands that were applied and not refused. */
  readonly applied: ReadonlyMap<CommandKind, number>;
}

/** Runs one member: feeds raft, does its work in the order it asks for, and has its `Applier` apply what is committed. */
export class Host {
  #state: State;
  readonly leases: LeaseKeeper;
  /** Rejects when this member cannot go on. */
  readonly failed: Promise<never>;
  readonly #options: HostOptions;
  readonly #node: RaftNode;
  readonly #log: RaftDiskLog;
  readonly #cutter: LogCutter;
  readonly #waiters: Waiters;
  readonly #reads: Reads;
  readonly #transfer: StateTransfer;
  readonly #applier: Applier;
  readonly #proposals: Proposals;
  #working = false;
  #isWorkPlanned = false;
  #stopping = false;
  #failure: Error | undefined;
  #fail: (error: Error) => void = () => undefined;
  #timer: Timer | undefined;
  #wasLeader = false;
  /** There is nobody else in the group. */
  #isAlone = false;
  #isLearner = false;
  readonly #leadership: Leadership;
  #idle: Array<() => void> = [];

  private constructor(options: HostOptions, state: State, log: RaftDiskLog, node: RaftNode) {
    const { clock, random } = options;
    this.#options = options;
    this.#state = state;
    this.#log = log;
    this.#node = node;
    this.#cutter = new LogCutter(log, node, state.applied.index, options);
    this.#waiters = new Waiters(options.id, clock, random, requestTimeoutMs);
    this.#proposals = new Proposals(this.#waiters);
    this.#leadership = new Leadership(clock);
    this.#reads = new Reads(clock, random, requestTimeoutMs, (context) => this.#askRead(context));
    this.#transfer = new StateTransfer(options);
    this.leases = new LeaseKeeper({
      leases: () => this.#state.mvcc.leases,
      clock,
      log: options.log,
      propose: (command) => this.#propose(command, internalCaller, true),
      takeoverMs: electionTicks * tickMs,
      plant: options.plant,
      ...(options.leaseCheckpointMs === undefined ? {} : { checkpointMs: options.leaseCheckpointMs }),
    });
    this.#applier = new Applier({
      id: options.id,
      clock,
      log: options.log,
      waiters: this.#waiters,
      cutter: this.#cutter,
      leases: this.leases,
      state: () => this.#state,
      isLeader: () => this.#wasLeader,
      membersChanged: () => this.#tellPeers(),
      giveUp: (error) => this.#giveUp(error),
    });
    this.failed = new Promise<never>((_resolve, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => undefined);
  }

  /** Recovers what the disk holds and, alone in its group, leads before it returns. */
  static async start(options: HostOptions): Promise<Host> {
    const { state, log, node } = await recover(options);
    const host = new Host(options, state, log, node);
    options.transport?.start({
      receive: (messages) => host.#receive(messages),
      receiveState: (message, chunks) => host.#receiveState(message, chunks),
      answer: (request) => host.#options.answer?.(request) ?? Promise.reject(etcdError('Stopped')),
      unreachable: (id) => host.#tell((raft) => raft.reportUnreachable(id)),
      connected: (id) => host.#tell((raft) => raft.nudge(id)),
      removed: () => host.#giveUp(removedError(options.id)),
    });
    host.#tellPeers();
    if (host.#isAlone) node.campaign();
    await host.#work();
    if (host.#failure !== undefined) throw host.#failure;
    host.#tickLater();
    return host;
  }

  /** What was applied. Another object takes its place when a leader sends its state: read it anew after every wait. */
  get state(): State {
    return this.#state;
  }

  get id(): NodeId {
    return this.#options.id;
  }

  status(): Status {
    return this.#node.status();
  }

  get term(): number {
    return this.#node.term;
  }

  /** It leads, and has applied what all leaders before it acknowledged. */
  get isLeader(): boolean {
    return this.#wasLeader && this.#node.role === 'leader';
  }

  /** The member that leads, as far as known; 0: none. */
  get leader(): NodeId {
    return this.#leadership.leader;
  }

  /** It has no vote, or waits to be sent the state. */
  get isLearner(): boolean {
    return this.#isLearner;
  }

  /** What happened since the start, and what waits, for metrics. */
  get counts(): HostCounts {
    return { leaderChanges: this.#leadership.changes, proposalsPending: this.#waiters.size, proposalsFailed: this.#waiters.failures, applied: this.#applier.commands };
  }

  get transport(): Transport | undefined {
    return this.#options.transport;
  }

  /** Runs a command through the log; resolves when it is on disk and applied. Throws etcd's errors. */
  propose<C extends StoreCommand>(command: C, caller?: Caller): Promise<ReplyTo<C>> {
    return this.#propose(command, caller, false);
  }

  /** `asLeader`: it says what only a leader may, and is not forwarded to the next one. */
  async #propose<C extends StoreCommand>(command: C, caller: Caller | undefined, asLeader: boolean): Promise<ReplyTo<C>> {
    this.requireRunning();
    this.#requireVote();
    if (!this.#hasSpaceFor(command)) {
      await this.raise(alarmTypes.noSpace);
      throw etcdError('NoSpace');
    }
    const proposal = { command, caller };
    const { id, promise } = this.#waiters.add(proposal);
    const data = encodeCommand({ origin: this.#waiters.origin, id }, proposal);
    if (data.length > requestBytesMax) {
      void this.#waiters.take(id);
      throw etcdError('RequestTooLarge');
    }
    this.#proposals.push(id, data, asLeader ? this.#node.term : undefined);
    this.#workSoon();
    return (await granted(promise)).reply as ReplyTo<C>;
  }

  /**
   * Proposes a change of membership, on the leader only; gives the index at which it was applied. `command` says what else changes
   * with it. Throws etcd's errors and `ProposalDroppedError`.
   */
  async proposeChange(steps: MembershipChange['steps'], command: StoreCommand): Promise<number> {
    this.requireRunning();
    const { id, promise } = this.#waiters.add(undefined);
    const context = encodeCommand({ origin: this.#waiters.origin, id }, { command, caller: undefined });
    try {
      this.#node.proposeChange({ steps, transition: 'auto', context });
    } catch (error) {
      void this.#waiters.take(id);
      throw error;
    }
    this.#waiters.handedOver(id, this.#node.term);
    void this.#work();
    return (await granted(promise)).index;
  }

  /** Asks for the leadership to be handed over to a voter. */
  transferLeadership(to: NodeId): void {
    this.#node.transferLeadership(to);
    void this.#work();
  }

  /** Resolves when the applied state holds everything that was acknowledged before the call. */
  linearizable(): Promise<void> {
    this.requireRunning();
    this.#requireVote();
    // Alone, a member that leads has applied whatever it acknowledged.
    if (this.#isAlone && this.#wasLeader) return Promise.resolve();
    const promise = this.#reads.add();
    this.#workSoon();
    return promise;
  }

  /** Resolves once everything up to `index` is applied here, or the member stops. */
  appliedUpTo(index: number): Promise<void> {
    return this.#applier.upTo(index);
  }

  /** Raises an alarm of a member, this one by default, unless it stands already. */
  async raise(alarm: AlarmType, memberID: NodeId = this.#options.id): Promise<void> {
    if (this.state.alarms.has(alarm, memberID)) return;
    this.#options.log.warn('an alarm is raised', { alarm: alarm === alarmTypes.noSpace ? 'NOSPACE' : 'CORRUPT', member: memberID.toString(16) });
    await this.propose({ $case: 'alarm', value: { action: 1, memberID, alarm } }, internalCaller);
  }

  #hasSpaceFor(command: StoreCommand): boolean {
    const { quotaBytes } = this.#options;
    if (quotaBytes === undefined || !takesSpace(command)) return true;
    return this.state.mvcc.bytes + costBytes(command) < quotaBytes;
  }

  onApplied(listener: Listener): () => void {
    return this.#applier.onApplied(listener);
  }

  /** Ends work in progress and closes the disk. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#timer?.cancel();
    this.#applier.stop();
    await this.#options.transport?.stop();
    await this.#settled();
    this.#failAll();
    await this.#log.close();
    await this.#state.close();
  }

  /** Throws when this member has stopped or failed. */
  requireRunning(): void {
    if (this.#stopping || this.#failure !== undefined) throw etcdError('Stopped');
  }

  /** etcd's clients are to ask another member while this one has no vote. */
  #requireVote(): void {
    if (this.#isLearner) throw etcdError('NotSupportedForLearner');
  }

  #askRead(context: number): boolean {
    try {
      this.#node.readIndex(context);
      return true;
    } catch (error) {
      if (error instanceof ProposalDroppedError) return false;
      throw error;
    }
  }

  #receive(messages: readonly Message[]): void {
    for (const message of messages) this.#node.step(message);
    this.#workSoon();
  }

  #receiveState(message: SnapshotMessage, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#transfer.receive(message, chunks, async (told) => {
      this.#node.step(told);
      await this.#settled();
      await this.#work();
    });
  }

  #tell(how: (node: RaftNode) => void): void {
    how(this.#node);
    this.#workSoon();
  }

  #tellPeers(): void {
    const { members, membership } = this.#state;
    this.#isAlone = membership !== undefined && membersOf(membership).length === 1 && membership.voters[0] === this.#options.id;
    this.#isLearner = membership === undefined || !isVoter(membership, this.#options.id);
    if (membership !== undefined) this.#options.transport?.setPeers(members.list(), members.removed);
  }

  /** Resolves when no work is in progress. */
  async #settled(): Promise<void> {
    if (this.#working) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Starts the loop after this turn of the event loop, so that callers of one turn share a write. */
  #workSoon(): void {
    if (this.#working || this.#isWorkPlanned) return;
    const { nextTurn = queueMicrotask } = this.#options;
    this.#isWorkPlanned = true;
    nextTurn(() => {
      this.#isWorkPlanned = false;
      void this.#work();
    });
  }

  /** The loop: one batch of raft's work after the other, with the application of one beside the write of the next. */
  async #work(): Promise<void> {
    if (this.#working || this.#stopping || this.#failure !== undefined) return;
    this.#working = true;
    try {
      for (;;) {
        this.#feed();
        if (!this.#node.hasReady()) break;
        await this.#do(this.#node.ready());
        if (this.#stopping || this.#failure !== undefined) break;
      }
    } catch (error) {
      this.#giveUp(toError(error));
    } finally {
      this.#working = false;
      for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  /** Hands over what was asked for. Without a leader it waits for one. */
  #feed(): void {
    this.#reads.askNext();
    if (this.#proposals.isEmpty) return;
    const taken = this.#proposals.take(this.#node.role === 'leader' ? this.#node.term : undefined);
    if (taken.ids.length === 0) return;
    try {
      this.#node.propose(taken.data);
      const { term } = this.#node;
      for (const id of taken.ids) this.#waiters.handedOver(id, term);
    } catch (error) {
      if (!(error instanceof ProposalDroppedError)) throw error;
      this.#proposals.dropped(taken, error);
    }
  }

  async #do(ready: Ready): Promise<void> {
    this.#send(ready.messages);
    if (ready.snapshot !== undefined) await this.#install(ready);
    const write = ready.mustSync && ready.snapshot === undefined ? this.#log.append(ready.entries, ready.hardState, true) : undefined;
    // A failure is seen when it is awaited below; until then it must not count as unhandled.
    write?.catch(() => undefined);
    this.#applier.apply(ready);
    for (const read of ready.readStates) this.#reads.confirmed(read.context, read.index);
    this.#reads.applied(this.#state.applied.index);
    if (this.#options.plant !== 'answer-before-sync') await write;
    for (const message of [...ready.messages, ...ready.messagesAfterSync]) if (message.type === 'snapshot') void this.#sendState(message);
    this.#send(ready.messagesAfterSync);
    await write;
    this.#node.advance(ready);
    this.#noteLeadership();
    if (this.#state.backlog > backlogWritesMax) await this.#state.flush();
    await this.#cutter.cutIfDue(this.#state);
  }

  #send(messages: readonly Message[]): void {
    const others = messages.filter(({ type }) => type !== 'snapshot');
    if (others.length > 0) this.#options.transport?.send(others);
  }

  async #sendState(message: SnapshotMessage): Promise<void> {
    const { transport, log } = this.#options;
    const to = message.to.toString(16);
    let arrived = false;
    try {
      assert(transport !== undefined, 'a member without peers sends nothing');
      log.info('sending the state to a member that is too far behind', { to });
      await this.#transfer.send(this.#state, transport, message);
      arrived = true;
    } catch (error) {
      log.warn('the state could not be sent', { to, error });
    }
    this.#tell((node) => node.reportSnapshot(message.to, arrived));
  }

  /** A leader's state takes the place of ours and of the log: first the state, then the log behind it. */
  async #install({ snapshot, entries, hardState }: Ready): Promise<void> {
    assert(snapshot !== undefined, 'there is a state to install');
    const before = this.#state;
    const { revision } = before.mvcc;
    const state = await this.#transfer.adopt(snapshot);
    await this.#log.restart(state.applied, entries, hardState);
    state.forgetInstalled();
    this.#state = state;
    this.#cutter.restarted(state.applied.index);
    // What became of these is somewhere in that state.
    this.#waiters.failHandedOver(etcdError('TimeoutDueToConnectionLost'));
    this.#applier.installed(revision);
    void before
      .retire()
      .then(() => this.#options.spaces.clean())
      .catch((error: unknown) => this.#options.log.warn('the replaced state could not be removed', { error }));
  }

  #noteLeadership(): void {
    const { role, term, leader } = this.#node;
    if (this.#leadership.note(leader)) this.#reads.askAgain();
    // A leader speaks for the group once an entry of its own term is applied: its first one comes before all proposals.
    const isLeader = role === 'leader' && this.#state.applied.term === term && this.#state.applied.index > 0;
    if (isLeader === this.#wasLeader) return;
    this.#wasLeader = isLeader;
    this.leases.reset(isLeader);
    this.#options.log.info(isLeader ? 'leading' : 'not leading any more', { term });
  }

  #tickLater(): void {
    this.#timer = this.#options.clock.setTimer(tickMs, () => {
      if (this.#stopping || this.#failure !== undefined) return;
      this.#node.tick();
      const errorFor = (startedAt: number): Error => this.#leadership.timeoutError(startedAt, this.#options.id, this.#state.membership, this.#options.transport);
      this.#waiters.expire(errorFor);
      this.#reads.tick(errorFor);
      if (this.#wasLeader) this.leases.tick();
      void this.#work();
      this.#tickLater();
    });
  }

  #failAll(): void {
    this.#waiters.failAll(etcdError('Stopped'));
    this.#reads.failAll(etcdError('Stopped'));
    this.#applier.release();
  }

  #giveUp(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#failAll();
    this.#fail(error);
  }
}

async function granted(promise: Promise<Answer>): Promise<Answer> {
  const answer = await promise;
  if (answer.reply instanceof Error) throw etcdError(answer.reply.kind);
  return answer;
}
