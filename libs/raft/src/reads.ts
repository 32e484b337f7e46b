import { becomeFollower, deciding, others, send, sendAfterSync, type Core } from './core.ts';
import { committedIndex, isMajority } from './quorum.ts';
import { nobody, type Message, type NodeId } from './types.ts';

type Heartbeat = Extract<Message, { type: 'heartbeat' }>;

/** The part of an election timeout for which a majority's answer is taken as a promise. */
const leasePart = 0.75;

/** A new round: answered by a majority, it confirms this leader. */
export function sendHeartbeats(core: Core): void {
  const context = core.reads.begin(core.ticks);
  core.reads.acknowledge(context, core.settings.id);
  for (const to of others(core)) {
    const commitIndex = Math.min(core.progress.get(to)?.match ?? 0, core.log.committed);
    send(core, to, { type: 'heartbeat', commit: commitIndex, context });
  }
  serveConfirmed(core);
}

export function answerHeartbeat(core: Core, message: Heartbeat): void {
  core.log.commitTo(Math.min(message.commit, core.log.last));
  sendAfterSync(core, message.from, { type: 'heartbeat-reply', context: message.context });
}

/** Serves the reads that a majority has confirmed. */
export function serveConfirmed(core: Core): void {
  const round = committedIndex(deciding(core), (id) => core.reads.answered(id));
  for (const read of core.reads.confirm(round)) answerRead(core, read.context, read.from, read.index);
}

/** Steps down when a majority has been silent for an election timeout: somebody else may lead by now. */
export function checkQuorum(core: Core): void {
  const { id } = core.settings;
  const active = isMajority(deciding(core), (voter) => voter === id || core.progress.get(voter)?.recentlyActive === true);
  for (const progress of core.progress.values()) progress.recentlyActive = false;
  if (!active) becomeFollower(core, core.term, nobody);
}

/** A read on behalf of `from`: answered once a majority confirms that this member still leads (raft thesis, 6.4). */
export function askRead(core: Core, context: number, from: NodeId): void {
  const { committed } = core.log;
  if (core.settings.plantedBug === 'stale-read-index') {
    answerRead(core, context, from, committed);
    return;
  }
  if (core.log.term(committed) !== core.term) {
    core.reads.addEarly(context, from);
    return;
  }
  if (isAlone(core) || leaseHolds(core)) {
    answerRead(core, context, from, committed);
    return;
  }
  core.reads.add(context, from, committed);
  sendHeartbeats(core);
}

/** True while a majority cannot have elected anybody else (raft thesis, 6.4.1). */
function leaseHolds(core: Core): boolean {
  const since = core.reads.leaseSince;
  if (core.settings.leaseReads !== true || !core.hasLease || since === undefined) return false;
  return core.ticks - since < Math.floor(core.settings.electionTicks * leasePart);
}

function isAlone({ membership, settings }: Core): boolean {
  return membership.voters.length === 1 && membership.voters[0] === settings.id && membership.outgoing.length === 0;
}

function answerRead(core: Core, context: number, from: NodeId, index: number): void {
  if (from === core.settings.id) core.readStates.push({ context, index });
  else send(core, from, { type: 'read-index-reply', context, index });
}
