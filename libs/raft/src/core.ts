import type { Random } from '@rhythm/base';
import type { RaftLog } from './log.ts';
import type { Progress } from './progress.ts';
import type { ReadQueue } from './read-queue.ts';
import { nobody, type Body, type Message, type NodeId, type ReadState, type Role } from './types.ts';

/** Fixed for the life of a node. */
export interface Settings {
  readonly id: NodeId;
  readonly voters: readonly NodeId[];
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
}

/** The state that elections and replication share; only this library's files touch it. */
export interface Core {
  readonly settings: Settings;
  readonly log: RaftLog;
  readonly reads: ReadQueue;
  term: number;
  vote: NodeId;
  leader: NodeId;
  role: Role;
  votes: Map<NodeId, boolean>;
  progress: Map<NodeId, Progress>;
  ticksSinceElection: number;
  ticksSinceHeartbeat: number;
  electionTimeout: number;
  uncommittedBytes: number;
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

export function others(core: Core): NodeId[] {
  return core.settings.voters.filter((id) => id !== core.settings.id);
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
  core.electionTimeout = core.settings.electionTicks + Math.floor(core.settings.random.next() * core.settings.electionTicks);
  core.reads.clear();
}

export function becomeFollower(core: Core, term: number, leader: NodeId): void {
  resetTerm(core, term);
  core.role = 'follower';
  core.leader = leader;
}
