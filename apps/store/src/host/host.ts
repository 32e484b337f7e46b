import { assert, toError, type Timer } from '@rhythm/base';
import type { StoredEvent } from '@rhythm/mvcc';
import type { Caller } from '@rhythm/proto/store';
import { ProposalDroppedError, RaftNode, type Entry, type Ready, type Status } from '@rhythm/raft';
import { internalCaller } from '../auth/access.ts';
import { decodeCommand, encodeCommand, ticketOf } from './command.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import type { StoreCommand, StoreReply } from './machine.ts';
import type { HostOptions, Listener } from './options.ts';
import { RaftDiskLog } from './raft-log.ts';
import { State } from './state.ts';
import { Waiters } from './waiters.ts';
import { etcdError } from '../services/errors.ts';

/** One tick of raft. */
const tickMs = 100;
const electionTicks = 10;
const heartbeatTicks = 1;
/** Entries applied between two cuts of the log, unless the options say otherwise. */
const cutEveryEntriesDefault = 10_000;
/** The same in bytes of entries. */
const cutEveryBytes = 16 * 1024 * 1024;
/** Entries that stay in memory behind the applied index. */
const keepEntries = 1000;
/** How long applied changes may wait to be written to the key space together: the log has them, readers see them. */
const flushDelayMs = 20;
/** Writes that may wait for the key space before applying pauses. */
const backlogWritesMax = 20_000;
/** Largest request, as etcd's default. */
const requestBytesMax = 1.5 * 1024 * 1024;
/** A proposal or read without a result is given up after this, as in etcd: 5 s and two election timeouts. */
const requestTimeoutMs = 7000;

/** What a command is answered with when it is not refused. */
export type ReplyTo<C extends StoreCommand> = Extract<StoreReply, { readonly $case: C['$case'] }>;

/** Runs one member: feeds raft, does its work in the order it asks for, applies what is committed, answers callers. */
export class Host {
  readonly leases: LeaseKeeper;
  /** Rejects when this member cannot go on. */
  readonly failed: Promise<never>;
  #state: State;
  readonly #options: HostOptions;
  readonly #node: RaftNode;
  readonly #log: RaftDiskLog;
  readonly #waiters: Waiters;
  readonly #listeners = new Set<Listener>();
  #proposals: Uint8Array[] = [];
  #working = false;
  #isWorkPlanned = false;
  #stopping = false;
  #failure: Error | undefined;
  #fail: (error: Error) => void = () => undefined;
  #timer: Timer | undefined;
  #flushTimer: Timer | undefined;
  #cutAt = 0;
  #bytesSinceCut = 0;
  #wasLeader = false;
  #idle: Array<() => void> = [];

  private constructor(options: HostOptions, state: State, log: RaftDiskLog, node: RaftNode) {
    this.#options = options;
    this.#state = state;
    this.leases = new LeaseKeeper(() => this.state.mvcc.leases, options.clock, options.log);
    this.#log = log;
    this.#node = node;
    this.#cutAt = state.applied.index;
    this.#waiters = new Waiters(options.id, options.clock, options.random, requestTimeoutMs);
    this.failed = new Promise<never>((_resolve, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => undefined);
  }

  /** Recovers what the disk holds and, alone in its group, leads before it returns. */
  static async start(options: HostOptions): Promise<Host> {
    const state = await State.load(await options.spaces.open(), options.tokens);
    const { log, entries, hardState, tornBytes } = await RaftDiskLog.open(options.files, state.applied, options.segmentBytesMax);
    if (state.membership === undefined && options.founders.length > 0) state.found(options.clusterId, options.founders);
    const { voters = [] } = state.membership ?? {};
    if (!voters.includes(options.id)) throw new Error(`the state belongs to the members ${voters.map((id) => id.toString(16)).join(', ')}, and ${options.id.toString(16)} is none of them`);
    if (tornBytes > 0) options.log.warn('the end of the log was torn and has been cut off', { bytes: tornBytes });
    const node = new RaftNode({
      id: options.id,
      ...(state.membership === undefined ? {} : { membership: state.membership }),
      electionTicks,
      heartbeatTicks,
      messageBytesMax: 1024 * 1024,
      inflightMax: 256,
      uncommittedBytesMax: 64 * 1024 * 1024,
      random: options.random,
      start: state.applied,
      entries,
      hardState,
    });
    const host = new Host(options, state, log, node);
    options.log.info('state recovered', { applied: state.applied.index, replayed: entries.length, revision: state.mvcc.revision });
    if (voters.length === 1) node.campaign();
    await host.#work();
    if (host.#failure !== undefined) throw host.#failure;
    host.#tickLater();
    return host;
  }

  /** What was applied. Another object takes its place when a leader sends its state: read it anew after every wait. */
  get state(): State {
    return this.#state;
  }

  status(): Status {
    return this.#node.status();
  }

  get isLeader(): boolean {
    return this.#node.status().role === 'leader';
  }

  /** Runs a command through the log; resolves when it is on disk and applied. Throws etcd's errors. */
  async propose<C extends StoreCommand>(command: C, caller?: Caller): Promise<ReplyTo<C>> {
    if (this.#stopping || this.#failure !== undefined) throw etcdError('Stopped');
    const proposal = { command, caller };
    const { id, promise } = this.#waiters.add(proposal);
    const data = encodeCommand({ origin: this.#waiters.origin, id }, proposal);
    if (data.length > requestBytesMax) {
      this.#waiters.forget(id);
      throw etcdError('RequestTooLarge');
    }
    this.#proposals.push(data);
    this.#workSoon();
    const reply = await promise;
    if (reply instanceof Error) throw etcdError(reply.kind);
    return reply as ReplyTo<C>;
  }

  /** Resolves when the applied state holds everything that was acknowledged before the call. */
  linearizable(): Promise<void> {
    if (this.#stopping || this.#failure !== undefined) throw etcdError('Stopped');
    // Alone, a member that leads has applied whatever it acknowledged.
    if (this.#isAlone && this.#wasLeader) return Promise.resolve();
    const { id, promise } = this.#waiters.addRead();
    try {
      this.#node.readIndex(id);
    } catch (error) {
      this.#waiters.forget(id);
      throw error instanceof ProposalDroppedError ? etcdError('NoLeader') : error;
    }
    void this.#work();
    return promise;
  }

  get #isAlone(): boolean {
    return this.state.membership?.voters.length === 1;
  }

  onApplied(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends work in progress and closes the disk. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#timer?.cancel();
    this.#flushTimer?.cancel();
    if (this.#working) await new Promise<void>((resolve) => this.#idle.push(resolve));
    this.#waiters.failAll(etcdError('Stopped'));
    await this.#log.close();
    await this.state.close();
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
      }
    } catch (error) {
      this.#giveUp(toError(error));
    } finally {
      this.#working = false;
      for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  #feed(): void {
    const proposals = this.#proposals;
    if (proposals.length === 0) return;
    this.#proposals = [];
    try {
      this.#node.propose(proposals);
    } catch (error) {
      if (!(error instanceof ProposalDroppedError)) throw error;
      this.#waiters.failAll(etcdError(error.reason === 'no-leader' ? 'NoLeader' : 'TooManyRequests'));
    }
  }

  async #do(ready: Ready): Promise<void> {
    assert(ready.messages.length === 0 && ready.messagesAfterSync.length === 0, 'a member without peers sends nothing');
    // A commit index alone is not worth a write: it is found out again after a restart.
    const hardState = ready.mustSync ? ready.hardState : undefined;
    const write = ready.mustSync ? this.#log.append(ready.entries, hardState, true) : undefined;
    // A failure is seen when it is awaited below; until then it must not count as unhandled.
    write?.catch(() => undefined);
    this.#apply(ready.committed);
    this.#serveReads(ready);
    await write;
    this.#node.advance(ready);
    this.#noteLeadership();
    if (this.state.backlog > backlogWritesMax) await this.state.flush();
    if (this.#log.isSegmentFull) await this.#log.roll();
    const { cutEveryEntries = cutEveryEntriesDefault } = this.#options;
    if (this.state.applied.index - this.#cutAt >= cutEveryEntries || this.#bytesSinceCut >= cutEveryBytes) await this.#cut();
  }

  #apply(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    const events: StoredEvent[] = [];
    for (const entry of entries) this.#applyOne(entry, events);
    if (events.length > 0) for (const listener of this.#listeners) listener(events, this.state.mvcc.revision);
    this.#flushLater();
  }

  #flushLater(): void {
    this.#flushTimer ??= this.#options.clock.setTimer(flushDelayMs, () => {
      this.#flushTimer = undefined;
      this.state.flushSoon().catch((error: unknown) => this.#giveUp(toError(error)));
    });
  }

  #applyOne(entry: Entry, events: StoredEvent[]): void {
    const at = { index: entry.index, term: entry.term };
    this.#bytesSinceCut += entry.data.length;
    if (entry.data.length === 0) {
      this.state.apply(undefined, at);
      return;
    }
    const id = ticketOf(entry.data, this.#waiters.originBytes);
    const waiter = this.#waiters.take(id);
    const proposal = waiter?.proposal ?? decodeCommand(entry.data);
    const { command } = proposal;
    const applied = this.state.apply(proposal, at);
    if (applied === undefined) return;
    if (!(applied.reply instanceof Error)) this.leases.note(command);
    for (const event of applied.events ?? []) events.push(event);
    if (command.$case === 'compaction' && !(applied.reply instanceof Error)) {
      this.state.collectGarbage().catch((error: unknown) => this.#giveUp(toError(error)));
    }
    waiter?.resolve(applied.reply);
  }

  #serveReads(ready: Ready): void {
    for (const read of ready.readStates) {
      assert(read.index <= this.state.applied.index || !this.#isAlone, 'a sole voter has applied what it committed');
      this.#waiters.resolveRead(read.context);
    }
  }

  #noteLeadership(): void {
    const { role, term, applied } = this.#node.status();
    // A leader speaks for the group once an entry of its own term is applied: its first one comes before all proposals.
    const isLeader = role === 'leader' && this.state.applied.term === term && applied > 0;
    if (isLeader === this.#wasLeader) return;
    this.#wasLeader = isLeader;
    this.leases.reset(isLeader);
    if (isLeader) this.#options.log.info('leading', { term });
  }

  #tickLater(): void {
    this.#timer = this.#options.clock.setTimer(tickMs, () => {
      if (this.#stopping || this.#failure !== undefined) return;
      this.#node.tick();
      this.#waiters.expire();
      if (this.#wasLeader) this.leases.revokeExpired((command) => this.propose(command, internalCaller));
      void this.#work();
      this.#tickLater();
    });
  }

  /** Makes the state durable, then forgets the log behind it. */
  async #cut(): Promise<void> {
    await this.state.flush(true);
    const durable = this.state.durable;
    const keepBehind = this.#bytesSinceCut < cutEveryBytes;
    this.#cutAt = durable;
    this.#bytesSinceCut = 0;
    this.#node.compact(Math.max(0, Math.min(durable - (keepBehind ? keepEntries : 0), this.#node.status().compactable)));
    await this.#log.removeUpTo(durable);
  }

  #giveUp(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#waiters.failAll(etcdError('Stopped'));
    this.#fail(error);
  }
}
