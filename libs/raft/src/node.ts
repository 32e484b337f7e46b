import { assert } from '@rhythm/base';
import { becomeFollower, send, sendAfterSync, type Core, type Settings } from './core.ts';
import { answerVote, campaign, countVote } from './election.ts';
import { RaftLog, type LogStart } from './log.ts';
import { ReadQueue } from './read-queue.ts';
import { acceptAppend, acknowledgeSelf, answerHeartbeat, appendProposals, askRead, checkQuorum, countAppend, countHeartbeat, sendHeartbeats } from './replication.ts';
import type { Ready, Status } from './ready.ts';
import { nobody, ProposalDroppedError, type Entry, type HardState, type Message } from './types.ts';

/** Bytes of entries handed out for application at a time. */
const applyBytesMax = 16 * 1024 * 1024;

export interface NodeOptions extends Settings {
  /** What the disk holds: nothing of this in a new group. */
  readonly start?: LogStart;
  readonly entries?: readonly Entry[];
  readonly hardState?: HardState;
  /** Already in the applied state. */
  readonly applied?: number;
}

/**
 * One member of a raft group: a deterministic state machine. Put messages, ticks, proposals and reads in; take work out
 * with `ready`, do it, and say so with `advance`. It does no I/O and reads no clock.
 */
export class RaftNode {
  readonly #core: Core;
  #stored: HardState;
  #out: Ready | undefined;

  constructor(options: NodeOptions) {
    const { start = { index: 0, term: 0 }, entries = [], hardState = { term: start.term, vote: nobody, commit: 0 }, applied = start.index } = options;
    assert(options.id !== nobody, 'the id of a member is not 0');
    assert(options.electionTicks > options.heartbeatTicks, 'an election takes longer than a heartbeat');
    this.#stored = hardState;
    this.#core = {
      settings: options,
      log: new RaftLog(start, entries, hardState.commit, applied),
      reads: new ReadQueue(),
      term: hardState.term,
      vote: hardState.vote,
      leader: nobody,
      role: 'follower',
      votes: new Map(),
      progress: new Map(),
      ticksSinceElection: 0,
      ticksSinceHeartbeat: 0,
      electionTimeout: options.electionTicks,
      uncommittedBytes: 0,
      messages: [],
      messagesAfterSync: [],
      readStates: [],
    };
    becomeFollower(this.#core, hardState.term, nobody);
    this.#core.vote = hardState.vote;
  }

  status(): Status {
    const { settings, role, term, leader, log, progress } = this.#core;
    const matches = [...progress].filter(([id]) => id !== settings.id).map(([, p]) => p.match);
    return { id: settings.id, role, term, leader, committed: log.committed, applied: log.applied, last: log.last, compactable: Math.min(log.applied, ...matches) };
  }

  /** One unit of time has passed. */
  tick(): void {
    const core = this.#core;
    core.ticksSinceElection++;
    if (core.role !== 'leader') {
      if (core.ticksSinceElection >= core.electionTimeout) this.campaign();
      return;
    }
    if (core.ticksSinceElection >= core.settings.electionTicks) {
      core.ticksSinceElection = 0;
      checkQuorum(core);
      if ((core.role as string) !== 'leader') return;
    }
    if (++core.ticksSinceHeartbeat >= core.settings.heartbeatTicks) {
      core.ticksSinceHeartbeat = 0;
      sendHeartbeats(core);
    }
  }

  /** Starts an election now; a single voter wins it at once. */
  campaign(): void {
    if (this.#core.role !== 'leader') campaign(this.#core, 'pre-vote');
  }

  /**
   * Proposes entries, on a follower by way of the leader.
   * @throws ProposalDroppedError when there is no leader or too much is waiting. Without an error the entries may still be lost.
   */
  propose(data: readonly Uint8Array[]): void {
    const core = this.#core;
    if (core.role === 'leader') appendProposals(core, data);
    else if (core.leader === nobody) throw new ProposalDroppedError('no-leader', 'there is no leader at the moment');
    else send(core, core.leader, { type: 'propose', data });
  }

  /**
   * Asks for a linearizable read; `context` comes back in `readStates`, or never when the leader changes.
   * @throws ProposalDroppedError when there is no leader.
   */
  readIndex(context: number): void {
    const core = this.#core;
    if (core.role === 'leader') askRead(core, context, core.settings.id);
    else if (core.leader === nobody) throw new ProposalDroppedError('no-leader', 'there is no leader at the moment');
    else send(core, core.leader, { type: 'read-index', context });
  }

  /** Takes in a message of another member. */
  step(message: Message): void {
    const core = this.#core;
    const known = message.from !== core.settings.id && core.settings.voters.includes(message.from);
    if (!known || message.to !== core.settings.id) return;
    if (message.type === 'propose') {
      this.#takeForwarded(message.data);
      return;
    }
    if (message.term > core.term && !this.#enterTerm(message)) return;
    if (message.term < core.term) {
      this.#answerOld(message);
      return;
    }
    this.#handle(message);
  }

  /** True when there is work to take out. */
  hasReady(): boolean {
    const { log, messages, messagesAfterSync, readStates } = this.#core;
    return (
      this.#out === undefined &&
      (messages.length > 0 || messagesAfterSync.length > 0 || readStates.length > 0 || log.stable < log.last || Math.min(log.committed, log.stable) > log.applied || this.#hardStateChanged())
    );
  }

  /** Takes the work out. It must be done and given back with `advance` before the next is taken; messages, ticks and proposals may come in meanwhile. */
  ready(): Ready {
    assert(this.#out === undefined, 'one batch of work is out at a time');
    const core = this.#core;
    const hardState: HardState = { term: core.term, vote: core.vote, commit: core.log.committed };
    const entries = core.log.unstable();
    const changed = this.#hardStateChanged();
    const out: Ready = {
      entries,
      hardState: changed ? hardState : undefined,
      mustSync: entries.length > 0 || hardState.term !== this.#stored.term || hardState.vote !== this.#stored.vote,
      messages: core.messages,
      messagesAfterSync: core.messagesAfterSync,
      committed: core.log.toApply(applyBytesMax),
      readStates: core.readStates,
    };
    core.messages = [];
    core.messagesAfterSync = [];
    core.readStates = [];
    if (changed) this.#stored = hardState;
    const last = out.committed[out.committed.length - 1];
    if (last !== undefined) core.log.appliedTo(last.index);
    this.#out = out;
    return out;
  }

  /** The work of `ready` is on disk. */
  advance(ready: Ready): void {
    assert(this.#out === ready, 'the batch given back is the one that is out');
    this.#out = undefined;
    const last = ready.entries[ready.entries.length - 1];
    if (last === undefined) return;
    this.#core.log.stableTo(last.index, last.term);
    acknowledgeSelf(this.#core);
  }

  /** Forgets log entries up to `index` in memory; not beyond `status().compactable`, since snapshots are not sent to followers. */
  compact(index: number): void {
    assert(index <= this.status().compactable, 'entries that a follower still needs are kept');
    this.#core.log.compact(index);
  }

  #hardStateChanged(): boolean {
    const { term, vote, log } = this.#core;
    return term !== this.#stored.term || vote !== this.#stored.vote || log.committed !== this.#stored.commit;
  }

  /** A follower's proposals; one that cannot be taken is lost like a message, and its proposer asks again. */
  #takeForwarded(data: readonly Uint8Array[]): void {
    if (this.#core.role !== 'leader') return;
    try {
      appendProposals(this.#core, data);
    } catch (error) {
      if (!(error instanceof ProposalDroppedError)) throw error;
    }
  }

  /** A message of a later term: join it, or ignore the message (false). */
  #enterTerm(message: Message): boolean {
    const core = this.#core;
    const isVote = message.type === 'vote' || message.type === 'pre-vote';
    // Within an election timeout of hearing from a leader nobody is helped to replace it.
    if (isVote && core.leader !== nobody && core.ticksSinceElection < core.settings.electionTicks) return false;
    if (message.type === 'pre-vote' || (message.type === 'pre-vote-reply' && message.granted)) return true;
    const fromLeader = message.type === 'append' || message.type === 'heartbeat';
    becomeFollower(core, message.term, fromLeader ? message.from : nobody);
    return true;
  }

  /** A message of an earlier term: its sender learns the present one where it could be stuck otherwise. */
  #answerOld(message: Message): void {
    const core = this.#core;
    if (message.type === 'append' || message.type === 'heartbeat') {
      sendAfterSync(core, message.from, { type: 'append-reply', index: 0, rejected: false, hintIndex: 0, hintTerm: 0 });
    } else if (message.type === 'pre-vote') {
      sendAfterSync(core, message.from, { type: 'pre-vote-reply', granted: false });
    }
  }

  #handle(message: Message): void {
    const core = this.#core;
    switch (message.type) {
      case 'pre-vote':
      case 'vote':
        return answerVote(core, message);
      case 'pre-vote-reply':
      case 'vote-reply':
        return countVote(core, message);
      case 'append':
      case 'heartbeat':
        if (core.role !== 'follower' || core.leader !== message.from) becomeFollower(core, message.term, message.from);
        core.ticksSinceElection = 0;
        return message.type === 'append' ? acceptAppend(core, message) : answerHeartbeat(core, message);
      case 'append-reply':
        return core.role === 'leader' ? countAppend(core, message) : undefined;
      case 'heartbeat-reply':
        return core.role === 'leader' ? countHeartbeat(core, message) : undefined;
      case 'read-index':
        return core.role === 'leader' ? askRead(core, message.context, message.from) : undefined;
      case 'read-index-reply':
        core.readStates.push({ context: message.context, index: message.index });
        return undefined;
      case 'propose':
        return undefined;
    }
  }
}
