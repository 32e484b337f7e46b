import { assert } from '@rhythm/base';
import type { MembershipChange } from './change.ts';
import { becomeFollower, send, type Core, type Settings } from './core.ts';
import { campaign } from './election.ts';
import { RaftLog, type LogStart } from './log.ts';
import { isVoter, simpleMembership } from './membership.ts';
import { ReadQueue } from './read-queue.ts';
import { askRead, checkQuorum, sendHeartbeats } from './reads.ts';
import type { Ready, Status } from './ready.ts';
import { applyChange, leaveJoint, proposeChange } from './reconfigure.ts';
import { acknowledgeSelf, appendProposals, sendAppend } from './replication.ts';
import { step } from './step.ts';
import { transferTo } from './transfer.ts';
import { nobody, ProposalDroppedError, type Entry, type HardState, type Membership, type Message, type NodeId, type Role } from './types.ts';

/** Bytes of entries handed out for application at a time. */
const applyBytesMax = 16 * 1024 * 1024;

export interface NodeOptions extends Settings {
  /** The voters of a new group; ignored when `membership` is given. */
  readonly voters?: readonly NodeId[];
  /** The membership as of `applied`. Without this and `voters` the node waits to be added to a group and to be sent its state. */
  readonly membership?: Membership;
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
  /** Handed out last, and last with a sync: what was handed out without one need not have been written. */
  #stored: HardState;
  #synced: HardState;
  #out: Ready | undefined;

  constructor(options: NodeOptions) {
    const { start = { index: 0, term: 0 }, entries = [], hardState = { term: start.term, vote: nobody, commit: 0 }, applied = start.index } = options;
    assert(options.id !== nobody, 'the id of a member is not 0');
    assert(options.electionTicks > options.heartbeatTicks, 'an election takes longer than a heartbeat');
    this.#stored = hardState;
    this.#synced = hardState;
    this.#core = {
      settings: options,
      log: new RaftLog(start, entries, hardState.commit, applied, options.plantedBug === 'change-forgotten-after-crash'),
      reads: new ReadQueue(),
      membership: options.membership ?? simpleMembership(options.voters ?? []),
      term: hardState.term,
      vote: hardState.vote,
      leader: nobody,
      role: 'follower',
      votes: new Map(),
      progress: new Map(),
      ticks: 0,
      ticksSinceElection: 0,
      ticksSinceHeartbeat: 0,
      electionTimeout: options.electionTicks,
      uncommittedBytes: 0,
      pendingChange: 0,
      transferee: nobody,
      hasLease: true,
      snapshot: undefined,
      messages: [],
      messagesAfterSync: [],
      readStates: [],
    };
    becomeFollower(this.#core, hardState.term, nobody);
    this.#core.vote = hardState.vote;
  }

  status(): Status {
    const { settings, role, term, leader, log, progress, membership } = this.#core;
    const matches = [...progress].filter(([id]) => id !== settings.id).map(([, p]) => p.match);
    return {
      id: settings.id,
      role,
      term,
      leader,
      committed: log.committed,
      applied: log.applied,
      last: log.last,
      compactable: Math.min(log.applied, ...matches),
      membership,
      progress: [...progress].map(([id, { state, match, next, recentlyActive }]) => ({ id, state, match, next, recentlyActive })),
    };
  }

  /** Part of `status`, at no cost. */
  get role(): Role {
    return this.#core.role;
  }

  get term(): number {
    return this.#core.term;
  }

  /** As far as this node knows; `nobody` without one. */
  get leader(): NodeId {
    return this.#core.leader;
  }

  /** One unit of time has passed. */
  tick(): void {
    const core = this.#core;
    core.ticks++;
    core.ticksSinceElection++;
    if (core.role !== 'leader') {
      if (core.ticksSinceElection >= core.electionTimeout) this.campaign();
      return;
    }
    if (core.ticksSinceElection >= core.settings.electionTicks) {
      core.ticksSinceElection = 0;
      // Whoever was to take over has not: go on.
      core.transferee = nobody;
      checkQuorum(core);
      if ((core.role as string) !== 'leader') return;
      leaveJoint(core);
    }
    if (++core.ticksSinceHeartbeat >= core.settings.heartbeatTicks) {
      core.ticksSinceHeartbeat = 0;
      sendHeartbeats(core);
    }
  }

  /** Starts an election now; a single voter wins it at once. With lease reads it must not be called while a leader is heard. */
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
    else send(core, this.#leader(), { type: 'propose', data });
  }

  /**
   * Proposes a change of membership; the new one comes in `Ready.membership` once it is applied. Leader only.
   * @throws ProposalDroppedError `not-leader`, `change-pending`, `invalid-change`, or as `propose` does.
   */
  proposeChange(change: MembershipChange): void {
    if (this.#core.role !== 'leader') throw new ProposalDroppedError('not-leader', 'only the leader takes changes of the membership');
    proposeChange(this.#core, change);
  }

  /**
   * Asks the leader to hand over to `target`, a voter. Whether it did shows in `status`.
   * @throws ProposalDroppedError when there is no leader or `target` has no vote.
   */
  transferLeadership(target: NodeId): void {
    const core = this.#core;
    if (!isVoter(core.membership, target)) throw new ProposalDroppedError('invalid-change', 'only a voter can lead');
    if (core.role === 'leader') transferTo(core, target);
    else send(core, this.#leader(), { type: 'transfer', target });
  }

  /**
   * Asks for a linearizable read; `context` comes back in `readStates`, or never when the leader changes.
   * @throws ProposalDroppedError when there is no leader.
   */
  readIndex(context: number): void {
    const core = this.#core;
    if (core.role === 'leader') askRead(core, context, core.settings.id);
    else send(core, this.#leader(), { type: 'read-index', context });
  }

  /** Takes in a message of another member. Who may send is the host's to check. */
  step(message: Message): void {
    if (message.to === this.#core.settings.id && message.from !== message.to) step(this.#core, message);
  }

  /** The state that was being sent to `to` has arrived or could not be sent. */
  reportSnapshot(to: NodeId, arrived: boolean): void {
    const progress = this.#core.progress.get(to);
    if (progress?.state !== 'snapshot') return;
    if (!arrived) progress.pendingSnapshot = 0;
    progress.becomeProbe();
    // Its answer, or that to a heartbeat, tells how to go on.
    progress.probeSent = true;
  }

  /** Messages to `to` are being lost: they are sent one at a time until it answers. */
  reportUnreachable(to: NodeId): void {
    const progress = this.#core.progress.get(to);
    if (progress?.state === 'replicate') progress.becomeProbe();
  }

  /** True when there is work to take out. */
  hasReady(): boolean {
    const { log, messages, messagesAfterSync, readStates, snapshot } = this.#core;
    if (this.#out !== undefined) return false;
    if (messages.length > 0 || messagesAfterSync.length > 0 || readStates.length > 0 || snapshot !== undefined) return true;
    return log.stable < log.last || Math.min(log.committed, log.stable) > log.applied || isOther(this.#hardState(), this.#stored);
  }

  /** Takes the work out. It must be done and given back with `advance` before the next is taken; messages, ticks and proposals may come in meanwhile. */
  ready(): Ready {
    assert(this.#out === undefined, 'one batch of work is out at a time');
    const core = this.#core;
    const { snapshot, readStates } = core;
    const committed = core.log.toApply(applyBytesMax);
    const last = committed[committed.length - 1];
    if (last !== undefined) core.log.appliedTo(last.index);
    const membership = last?.type === 'config' ? applyChange(core, last) : undefined;
    leaveJoint(core);
    // What a state that is being installed makes committed is told once it is there: until then the disk may hold other entries at those places.
    const hardState = snapshot === undefined ? this.#hardState() : { ...this.#hardState(), commit: this.#stored.commit };
    const entries = core.log.unstable();
    const votes = hardState.term !== this.#stored.term || hardState.vote !== this.#stored.vote;
    // A leader of an unwritten term (a single voter with learners) may crash and lead the same term again: nothing of it goes out yet.
    const messages = votes && core.role === 'leader' ? [] : core.messages;
    const messagesAfterSync = votes && core.role === 'leader' ? [...core.messagesAfterSync, ...core.messages] : core.messagesAfterSync;
    const mustSync = entries.length > 0 || votes || snapshot !== undefined;
    const changed = isOther(hardState, this.#stored) || (mustSync && isOther(hardState, this.#synced));
    const out: Ready = { snapshot, entries, hardState: changed ? hardState : undefined, mustSync, messages, messagesAfterSync, committed, membership, readStates };
    core.messages = [];
    core.messagesAfterSync = [];
    core.readStates = [];
    core.snapshot = undefined;
    this.#stored = hardState;
    if (mustSync) this.#synced = hardState;
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

  /**
   * Forgets log entries up to `index` in memory. The host has made the state durable up to there: a member that needs
   * older ones is sent the state.
   */
  compact(index: number): void {
    assert(index <= this.#core.log.applied, 'only what was applied is forgotten');
    this.#core.log.compact(index);
  }

  /** Sends what waits for `to` right away, say after a connection came back. */
  nudge(to: NodeId): void {
    if (this.#core.role === 'leader') sendAppend(this.#core, to, true);
  }

  #leader(): NodeId {
    const { leader } = this.#core;
    if (leader === nobody) throw new ProposalDroppedError('no-leader', 'there is no leader at the moment');
    return leader;
  }

  #hardState(): HardState {
    const { term, vote, log } = this.#core;
    return { term, vote, commit: log.committed };
  }
}

function isOther(one: HardState, two: HardState): boolean {
  return one.term !== two.term || one.vote !== two.vote || one.commit !== two.commit;
}
