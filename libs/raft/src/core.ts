import type { Random } from '@rhythm/base';
import type { RaftLog } from './log.ts';
import { membersOf } from './membership.ts';
import type { Progress } from './progress.ts';
import type { ReadQueue } from './read-queue.ts';
import { nobody, type Body, type Membership, type Message, type NodeId, type ReadState, type Role, type SnapshotPlace } from './types.ts';

/** Fixed for the life of a node. */
export interface Settings {
  readonly id: NodeId;
  /** Ticks without a leader before an election; each wait is one to two times as long. */
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  /** Bytes of entries in one message. */
  readonly messageBytesMax: number;
  /** Messages sent ahead of their answers to one follower. */
  readonly inflightMax: number;
  /** Bytes proposed but not committed; more is refused. */
  readonly uncommittedBytesMax: number;
  readonly random: Random;
  /**
   * Serve reads without asking the others while a majority's promise not to elect anybody else lasts. Sound only while the
   * ticks of all members run equally fast, within a quarter; a member that starts votes for nobody during its first `electionTicks`.
   */
  readonly leaseReads?: boolean;
  /** For tests of tests only: breaks the algorithm in a named way, which a checker must then notice. */
  readonly plantedBug?: PlantedBug | undefined;
}

/**
 * Mistakes that can be planted: committing what was inherited by counting alone (raft paper, figure 8), reads without asking whether this member still
 * leads, votes for whoever asks, one majority where a joint membership wants two, changes that are forgotten to be committed.
 */
export const plantedBugs = ['commit-older-terms', 'stale-read-index', 'vote-twice', 'joint-change-single-majority', 'change-forgotten-after-crash'] as const;
export type PlantedBug = (typeof plantedBugs)[number];

/** The state that elections and replication share; only this library's files touch it. */
export interface Core {
  readonly settings: Settings;
  readonly log: RaftLog;
  readonly reads: ReadQueue;
  membership: Membership;
  term: number;
  vote: NodeId;
  leader: NodeId;
  role: Role;
  votes: Map<NodeId, boolean>;
  progress: Map<NodeId, Progress>;
  /** Since the start of this node. */
  ticks: number;
  ticksSinceElection: number;
  ticksSinceHeartbeat: number;
  electionTimeout: number;
  uncommittedBytes: number;
  /** Of a leader: no change of membership is taken before this entry is applied. */
  pendingChange: number;
  /** Whom this leader is handing over to. */
  transferee: NodeId;
  /** A transfer was begun in this term: its election may come at any time, whatever the lease says. */
  hasLease: boolean;
  /** A state that came from the leader and is to be installed. */
  snapshot: SnapshotPlace | undefined;
  /** May be sent at once. */
  messages: Message[];
  /** Promise something that must be on disk first. */
  messagesAfterSync: Message[];
  readStates: ReadState[];
}

/** Sends at once: requests of a leader, which promise nothing about its own disk. */
export function send(core: Core, to: NodeId, body: Body, term: number = core.term): void {
  core.messages.push({ ...body, from: core.settings.id, to, term } as Message);
}

/** Sends after the hard state and entries of the same batch are on disk. */
export function sendAfterSync(core: Core, to: NodeId, body: Body, term: number = core.term): void {
  core.messagesAfterSync.push({ ...body, from: core.settings.id, to, term } as Message);
}

/** The membership whose majorities decide. */
export function deciding({ membership, settings }: Core): Membership {
  return settings.plantedBug === 'joint-change-single-majority' ? { ...membership, outgoing: [] } : membership;
}

/** All other members, learners included. */
export function others(core: Core): NodeId[] {
  return membersOf(core.membership).filter((id) => id !== core.settings.id);
}

/** Starts a term afresh, as nobody in particular. */
export function resetTerm(core: Core, term: number): void {
  if (term !== core.term) {
    core.term = term;
    core.vote = nobody;
  }
  core.leader = nobody;
  core.votes = new Map();
  core.progress = new Map();
  core.ticksSinceElection = 0;
  core.ticksSinceHeartbeat = 0;
  core.uncommittedBytes = 0;
  core.pendingChange = 0;
  core.transferee = nobody;
  core.hasLease = true;
  core.electionTimeout = core.settings.electionTicks + Math.floor(core.settings.random.next() * core.settings.electionTicks);
  core.reads.clear();
}

export function becomeFollower(core: Core, term: number, leader: NodeId): void {
  resetTerm(core, term);
  core.role = 'follower';
  core.leader = leader;
}
