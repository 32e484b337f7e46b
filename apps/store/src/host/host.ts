import type { Timer } from '@rhythm/base';
import type { Caller } from '@rhythm/proto/store';
import type { MembershipChange, NodeId, RaftNode, Status } from '@rhythm/raft';
import { internalCaller } from '../auth/access.ts';
import { hasSpaceFor, takesSpace } from '../alarms/cost.ts';
import { alarmTypes, type AlarmType } from '../alarms/machine.ts';
import { Applier } from './applier.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { Leadership } from './leadership.ts';
import { LogCutter } from './log-cutter.ts';
import type { CommandKind, StoreCommand } from './machine.ts';
import type { HostOptions, Listener } from './options.ts';
import { Proposer, type ReplyTo } from './proposer.ts';
import type { RaftDiskLog } from './raft-log.ts';
import { askLeader, Reads } from './reads.ts';
import { receiverOf } from './receiver.ts';
import { recover } from './recover.ts';
import { ReadyWork } from './ready-work.ts';
import { Standing } from './standing.ts';
import { StateExchange } from './state-exchange.ts';
import type { State } from './state.ts';
import { electionTicks, requestTimeoutMs, tickMs } from './timing.ts';
import type { Transport } from './transport.ts';
import { WorkLoop } from './work-loop.ts';
import { Waiters } from './waiters.ts';
import { etcdError } from '../services/errors.ts';

/** See `Host.counts`. */
export interface HostCounts {
  /** Leaders that became known. */
  readonly leaderChanges: number;
  readonly proposalsPending: number;
  readonly proposalsFailed: number;
  /** Commands that were applied and not refused. */
  readonly applied: ReadonlyMap<CommandKind, number>;
}

/** One member: what its services ask it for, and how its parts are put together (see the README of this app). */
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
  readonly #states: StateExchange;
  readonly #applier: Applier;
  readonly #proposer: Proposer;
  readonly #standing: Standing;
  readonly #loop: WorkLoop;
  #stopping = false;
  #failure: Error | undefined;
  #fail: (error: Error) => void = () => undefined;
  #timer: Timer | undefined;
  readonly #leadership: Leadership;

  private constructor(options: HostOptions, state: State, log: RaftDiskLog, node: RaftNode) {
    const { clock, random } = options;
    this.#options = options;
    this.#state = state;
    this.#log = log;
    this.#node = node;
    this.#cutter = new LogCutter(log, node, state.applied.index, options);
    this.#waiters = new Waiters(options.id, clock, random, requestTimeoutMs);
    this.#proposer = new Proposer({ node, waiters: this.#waiters, loop: () => this.#loop });
    this.#standing = new Standing(options);
    this.#leadership = new Leadership(clock);
    this.#reads = new Reads(clock, random, requestTimeoutMs, askLeader(node));
    this.#states = new StateExchange({ options, node, log, loop: () => this.#loop, state: () => this.#state, replace: (to) => this.#replace(to) });
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
      isLeader: () => this.#standing.leads,
      membersChanged: () => this.#standing.noteMembers(this.#state),
      giveUp: (error) => this.#giveUp(error),
    });
    const work = new ReadyWork({
      node,
      log,
      applier: this.#applier,
      reads: this.#reads,
      cutter: this.#cutter,
      states: this.#states,
      state: () => this.#state,
      transport: options.transport,
      plant: options.plant,
      advanced: () => this.#noteLeadership(),
    });
    const step = async (): Promise<boolean> => {
      this.#reads.askNext();
      this.#proposer.feed();
      if (!node.hasReady()) return false;
      await work.do(node.ready());
      return true;
    };
    this.#loop = new WorkLoop({ step, failed: (error) => this.#giveUp(error), nextTurn: options.nextTurn ?? queueMicrotask });
    this.failed = new Promise<never>((_resolve, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => undefined);
  }

  /** Recovers what the disk holds and, alone in its group, leads before it returns. */
  static async start(options: HostOptions): Promise<Host> {
    const { state, log, node } = await recover(options);
    const host = new Host(options, state, log, node);
    options.transport?.start(receiverOf({ options, node, states: host.#states, loop: host.#loop, giveUp: (error) => host.#giveUp(error) }));
    host.#standing.noteMembers(state);
    if (host.#standing.isAlone) node.campaign();
    await host.#loop.run();
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
    return this.#standing.leads && this.#node.role === 'leader';
  }

  /** The member that leads, as far as known; 0: none. */
  get leader(): NodeId {
    return this.#leadership.leader;
  }

  /** It has no vote, or waits to be sent the state. */
  get isLearner(): boolean {
    return this.#standing.isLearner;
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
    const low = takesSpace(command) ? this.#options.diskIsLow?.() : undefined;
    if (low !== undefined) {
      await low;
      throw etcdError('NoSpace');
    }
    if (!hasSpaceFor(command, this.#state.mvcc.bytes, this.#options.quotaBytes)) {
      await this.raise(alarmTypes.noSpace);
      throw etcdError('NoSpace');
    }
    return this.#proposer.propose(command, caller, asLeader);
  }

  /**
   * Proposes a change of membership, on the leader only; gives the index at which it was applied. `command` says what else changes
   * with it. Throws etcd's errors and `ProposalDroppedError`.
   */
  async proposeChange(steps: MembershipChange['steps'], command: StoreCommand): Promise<number> {
    this.requireRunning();
    return this.#proposer.proposeChange(steps, command);
  }

  /** Asks for the leadership to be handed over to a voter. */
  transferLeadership(to: NodeId): void {
    this.#node.transferLeadership(to);
    void this.#loop.run();
  }

  /** Resolves when the applied state holds everything that was acknowledged before the call. */
  linearizable(): Promise<void> {
    this.requireRunning();
    this.#requireVote();
    // Alone, a member that leads has applied whatever it acknowledged.
    if (this.#standing.isAlone && this.#standing.leads) return Promise.resolve();
    const promise = this.#reads.add();
    this.#loop.soon();
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

  onApplied(listener: Listener): () => void {
    return this.#applier.onApplied(listener);
  }

  /** Ends work in progress and closes the disk. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#timer?.cancel();
    this.#applier.stop();
    this.#loop.end();
    await this.#options.transport?.stop();
    await this.#loop.settled();
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
    if (this.#standing.isLearner) throw etcdError('NotSupportedForLearner');
  }

  /** A leader's state has taken the place of the one before. */
  #replace(state: State): void {
    const { revision } = this.#state.mvcc;
    this.#state = state;
    this.#cutter.restarted(state.applied.index);
    // What became of these is somewhere in that state.
    this.#waiters.failHandedOver(etcdError('TimeoutDueToConnectionLost'));
    this.#applier.installed(revision);
  }

  #noteLeadership(): void {
    if (this.#leadership.note(this.#node.leader)) this.#reads.askAgain();
    if (this.#standing.noteLeadership(this.#node, this.#state)) this.leases.reset(this.#standing.leads);
  }

  #tickLater(): void {
    this.#timer = this.#options.clock.setTimer(tickMs, () => {
      if (this.#stopping || this.#failure !== undefined) return;
      this.#node.tick();
      const errorFor = (startedAt: number): Error => this.#leadership.timeoutError(startedAt, this.#options.id, this.#state.membership, this.#options.transport);
      this.#waiters.expire(errorFor);
      this.#reads.tick(errorFor);
      if (this.#standing.leads) this.leases.tick();
      void this.#loop.run();
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
    this.#loop.end();
    this.#failAll();
    this.#fail(error);
  }
}
