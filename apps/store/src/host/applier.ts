import { assert, sleepOn, toError, type Clock, type Log, type Timer } from '@rhythm/base';
import type { StoredEvent } from '@rhythm/mvcc';
import { decodeChange, membersOf, type Entry, type NodeId, type Ready } from '@rhythm/raft';
import { decodeCommand, ticketOf } from './command.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { LogCutter } from './log-cutter.ts';
import type { CommandKind } from './machine.ts';
import type { Listener } from './options.ts';
import type { State } from './state.ts';
import { electionTicks, tickMs } from './timing.ts';
import type { Waiters } from './waiters.ts';

/** How long applied changes may wait to be written to the key space together: the log has them, readers see them. */
const flushDelayMs = 20;

/** What the applier needs of its host. */
export interface ApplierPorts {
  readonly id: NodeId;
  readonly clock: Clock;
  readonly log: Log;
  readonly waiters: Waiters;
  readonly cutter: LogCutter;
  readonly leases: LeaseKeeper;
  /** Another one after a leader's state was installed. */
  readonly state: () => State;
  /** It leads, and has applied what all leaders before it acknowledged. */
  readonly isLeader: () => boolean;
  /** The members are others. */
  readonly membersChanged: () => void;
  /** This member cannot go on. */
  readonly giveUp: (error: Error) => void;
}

/** Applies what is committed, in its order: changes the state, answers the callers that wait for it, tells the listeners. */
export class Applier {
  readonly #ports: ApplierPorts;
  readonly #listeners = new Set<Listener>();
  readonly #commands = new Map<CommandKind, number>();
  #waiting: Array<{ readonly index: number; resolve(): void }> = [];
  #flushTimer: Timer | undefined;

  constructor(ports: ApplierPorts) {
    this.#ports = ports;
  }

  /** Commands that were applied and not refused. */
  get commands(): ReadonlyMap<CommandKind, number> {
    return this.#commands;
  }

  onApplied(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves once everything up to `index` is applied here, or the member stops. */
  async upTo(index: number): Promise<void> {
    if (this.#ports.state().applied.index >= index) return;
    await new Promise<void>((resolve) => this.#waiting.push({ index, resolve }));
  }

  apply({ committed, membership }: Pick<Ready, 'committed' | 'membership'>): void {
    if (committed.length === 0) return;
    const { state, waiters } = this.#ports;
    const events: StoredEvent[] = [];
    for (const entry of committed) {
      if (entry.term > state().applied.term) waiters.failBeforeTerm(entry.term);
      if (entry.type === 'config') this.#applyChange(entry, membership);
      else this.#applyOne(entry, events);
    }
    if (events.length > 0) for (const listener of this.#listeners) listener.applied(events, state().mvcc.revision);
    this.#noteApplied();
    this.#flushLater();
  }

  /** A leader's state has taken the place of the one before, which had come to this revision. */
  installed(before: number): void {
    this.#noteApplied();
    this.#ports.membersChanged();
    for (const listener of this.#listeners) listener.installed?.(before);
  }

  /** Nobody waits any longer. */
  release(): void {
    for (const waiting of this.#waiting.splice(0)) waiting.resolve();
  }

  /** Nothing is written any more that nobody asks for. */
  stop(): void {
    this.#flushTimer?.cancel();
  }

  #noteApplied(): void {
    const { index } = this.#ports.state().applied;
    for (const waiting of this.#waiting) if (waiting.index <= index) waiting.resolve();
    this.#waiting = this.#waiting.filter((waiting) => waiting.index > index);
  }

  #flushLater(): void {
    const { clock, state } = this.#ports;
    this.#flushTimer ??= clock.setTimer(flushDelayMs, () => {
      this.#flushTimer = undefined;
      state().flushSoon().catch((error: unknown) => this.#ports.giveUp(toError(error)));
    });
  }

  #applyOne(entry: Entry, events: StoredEvent[]): void {
    const { waiters, cutter, leases } = this.#ports;
    const state = this.#ports.state();
    const at = { index: entry.index, term: entry.term };
    cutter.note(entry.data.length);
    if (entry.data.length === 0) {
      state.apply(undefined, at);
      return;
    }
    const waiter = waiters.take(ticketOf(entry.data, waiters.originBytes));
    const proposal = waiter?.proposal ?? decodeCommand(entry.data);
    const { command } = proposal;
    const applied = state.apply(proposal, at);
    if (applied === undefined) return;
    const isDone = !(applied.reply instanceof Error);
    if (isDone) this.#commands.set(command.$case, (this.#commands.get(command.$case) ?? 0) + 1);
    if (isDone && this.#ports.isLeader()) leases.note(command);
    for (const event of applied.events ?? []) events.push(event);
    if (isDone && command.$case === 'compaction') state.collectGarbage().catch((error: unknown) => this.#ports.giveUp(toError(error)));
    if (isDone && command.$case === 'member') this.#ports.membersChanged();
    waiter?.resolve({ reply: applied.reply, index: entry.index });
  }

  #applyChange(entry: Entry, membership: Ready['membership']): void {
    const { id, waiters, state } = this.#ports;
    assert(membership !== undefined, 'a change of membership is the last entry of its batch');
    const { reply } = state().applyMembership(entry.data, membership, { index: entry.index, term: entry.term });
    const { context } = decodeChange(entry.data);
    waiters.take(ticketOf(context, waiters.originBytes))?.resolve({ reply, index: entry.index });
    this.#ports.membersChanged();
    if (!membersOf(membership).includes(id)) void this.#leave();
  }

  /** This member was removed. It goes once the others have had time to learn that the change is committed. */
  async #leave(): Promise<void> {
    const { id, clock, log, giveUp } = this.#ports;
    log.warn('this member was removed from its cluster');
    await sleepOn(clock, electionTicks * tickMs);
    giveUp(removedError(id));
  }
}

/** Why a member that was removed does not go on. */
export function removedError(id: NodeId): Error {
  return new Error(`this member (${id.toString(16)}) was removed from its cluster: remove its data directory, and add it as a new member`);
}
