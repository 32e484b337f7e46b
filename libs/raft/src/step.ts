import { becomeFollower, send, sendAfterSync, type Core } from './core.ts';
import { answerVote, campaign, committedPlace, countVote, learnCommitted } from './election.ts';
import { answerHeartbeat, askRead, serveConfirmed } from './reads.ts';
import { installSnapshot } from './reconfigure.ts';
import { acceptAppend, appendProposals, countAppend, sendAppend } from './replication.ts';
import { transferTo } from './transfer.ts';
import { nobody, ProposalDroppedError, type Message } from './types.ts';

/** Takes in a message that is addressed to this member. */
export function step(core: Core, message: Message): void {
  if (message.type === 'propose') {
    takeForwarded(core, message.data);
    return;
  }
  if ('commitTerm' in message) learnCommitted(core, message);
  if (message.term > core.term && !enterTerm(core, message)) return;
  if (message.term < core.term) answerOld(core, message);
  else handle(core, message);
}

/** A follower's proposals; one that cannot be taken is lost like a message, and its proposer asks again. */
function takeForwarded(core: Core, data: readonly Uint8Array[]): void {
  if (core.role !== 'leader') return;
  try {
    appendProposals(core, data);
  } catch (error) {
    if (!(error instanceof ProposalDroppedError)) throw error;
  }
}

/** A message of a later term: join it, or ignore the message (false). */
function enterTerm(core: Core, message: Message): boolean {
  const isVote = message.type === 'vote' || message.type === 'pre-vote';
  if (isVote && !message.isTransfer && isInLease(core)) return false;
  if (message.type === 'pre-vote' || (message.type === 'pre-vote-reply' && message.granted)) return true;
  const fromLeader = message.type === 'append' || message.type === 'heartbeat' || message.type === 'snapshot';
  becomeFollower(core, message.term, fromLeader ? message.from : nobody);
  return true;
}

/** Within an election timeout of hearing from a leader nobody is helped to replace it. */
function isInLease(core: Core): boolean {
  const { electionTicks, leaseReads } = core.settings;
  // One that was started anew does not know what it promised.
  if (leaseReads === true && core.ticks < electionTicks && core.term > 0) return true;
  return core.leader !== nobody && core.ticksSinceElection < electionTicks;
}

/** A message of an earlier term: its sender learns the present one where it could be stuck otherwise. */
function answerOld(core: Core, message: Message): void {
  if (message.type === 'append' || message.type === 'heartbeat' || message.type === 'snapshot') {
    sendAfterSync(core, message.from, { type: 'append-reply', index: 0, rejected: false, hintIndex: 0, hintTerm: 0, wantsState: false });
  } else if (message.type === 'pre-vote') {
    sendAfterSync(core, message.from, { type: 'pre-vote-reply', granted: false, ...committedPlace(core) });
  }
}

function handle(core: Core, message: Exclude<Message, { type: 'propose' }>): void {
  switch (message.type) {
    case 'pre-vote':
    case 'vote':
      return answerVote(core, message);
    case 'pre-vote-reply':
    case 'vote-reply':
      return countVote(core, message);
    case 'append':
      followLeader(core, message);
      return acceptAppend(core, message);
    case 'heartbeat':
      followLeader(core, message);
      return answerHeartbeat(core, message);
    case 'snapshot':
      followLeader(core, message);
      installSnapshot(core, message.snapshot);
      return sendAfterSync(core, message.from, { type: 'append-reply', index: core.log.committed, rejected: false, hintIndex: 0, hintTerm: 0, wantsState: false });
    case 'timeout-now':
      return core.role === 'leader' ? undefined : campaign(core, 'vote', true);
    default:
      return handleAtLeader(core, message);
  }
}

function followLeader(core: Core, message: Message): void {
  if (core.role !== 'follower' || core.leader !== message.from) becomeFollower(core, message.term, message.from);
  core.ticksSinceElection = 0;
}

function handleAtLeader(core: Core, message: Extract<Message, { type: 'append-reply' | 'heartbeat-reply' | 'read-index' | 'read-index-reply' | 'transfer' }>): void {
  if (message.type === 'read-index-reply') {
    core.readStates.push({ context: message.context, index: message.index });
    return;
  }
  if (core.role !== 'leader') {
    // It may have been handed on meanwhile.
    if (message.type === 'transfer' && core.leader !== nobody && core.leader !== message.from) send(core, core.leader, { type: 'transfer', target: message.target });
    return;
  }
  if (message.type === 'append-reply') countAppend(core, message);
  else if (message.type === 'read-index') askRead(core, message.context, message.from);
  else if (message.type === 'transfer') transferTo(core, message.target);
  else countHeartbeat(core, message.from, message.context);
}

function countHeartbeat(core: Core, from: bigint, context: number): void {
  const progress = core.progress.get(from);
  if (progress === undefined) return;
  progress.answeredHeartbeat();
  if (progress.match < core.log.last || progress.state === 'probe') sendAppend(core, from, true);
  core.reads.acknowledge(context, from);
  serveConfirmed(core);
}
