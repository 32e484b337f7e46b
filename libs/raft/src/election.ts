import { becomeFollower, deciding, resetTerm, sendAfterSync, type Core } from './core.ts';
import { isVoter } from './membership.ts';
import { becomeLeader } from './replication.ts';
import { voteResult } from './quorum.ts';
import { nobody, type Message } from './types.ts';

type VoteRequest = Extract<Message, { type: 'pre-vote' | 'vote' }>;
type VoteReply = Extract<Message, { type: 'pre-vote-reply' | 'vote-reply' }>;

/**
 * Asks for votes. The pre-vote (raft thesis, 9.6) asks whether a real election could be won, without raising the term, so
 * that a member that was cut off does not disturb the others when it is back.
 */
export function campaign(core: Core, kind: 'pre-vote' | 'vote', isTransfer = false): void {
  const { id } = core.settings;
  if (!mayCampaign(core)) return;
  const term = core.term + 1;
  if (kind === 'vote') {
    resetTerm(core, term);
    core.vote = id;
    core.role = 'candidate';
  } else {
    core.role = 'pre-candidate';
    core.leader = nobody;
    core.votes = new Map();
    core.ticksSinceElection = 0;
  }
  core.votes.set(id, true);
  if (decide(core)) return;
  const { voters, outgoing } = core.membership;
  for (const to of new Set([...voters, ...outgoing])) {
    if (to !== id) sendAfterSync(core, to, { type: kind, lastIndex: core.log.last, lastTerm: core.log.lastTerm, isTransfer, ...committedPlace(core) }, term);
  }
}

/** Learners do not stand for election, nor who may not be in the group any more: a committed change waits to be applied. */
function mayCampaign(core: Core): boolean {
  const { log, membership, settings } = core;
  return isVoter(membership, settings.id) && !log.has('config', log.applied + 1, log.committed);
}

/** A request for a vote of our term or, in a pre-vote, of a later one. */
export function answerVote(core: Core, message: VoteRequest): void {
  const isPre = message.type === 'pre-vote';
  const mayVote = core.settings.plantedBug === 'vote-twice' || core.vote === message.from || (core.vote === nobody && core.leader === nobody) || (isPre && message.term > core.term);
  const granted = mayVote && core.log.isUpToDate(message.lastIndex, message.lastTerm);
  const type = isPre ? 'pre-vote-reply' : 'vote-reply';
  // A granted pre-vote answers for the term it was asked for, a refused one tells ours.
  sendAfterSync(core, message.from, { type, granted, ...committedPlace(core) }, granted ? message.term : core.term);
  if (!granted || isPre) return;
  core.ticksSinceElection = 0;
  core.vote = message.from;
}

export function countVote(core: Core, message: VoteReply): void {
  const expected = core.role === 'pre-candidate' ? 'pre-vote-reply' : 'vote-reply';
  if (message.type !== expected || (core.role !== 'pre-candidate' && core.role !== 'candidate')) return;
  if (!core.votes.has(message.from)) core.votes.set(message.from, message.granted);
  decide(core);
}

/** Acts on the votes so far; true when the election is over. */
function decide(core: Core): boolean {
  const result = voteResult(deciding(core), core.votes);
  if (result === 'pending') return false;
  if (result === 'lost') becomeFollower(core, core.term, nobody);
  else if (core.role === 'pre-candidate') campaign(core, 'vote');
  else becomeLeader(core);
  return true;
}

export function committedPlace({ log }: Core): { readonly commit: number; readonly commitTerm: number } {
  return { commit: log.committed, commitTerm: log.term(log.committed) ?? 0 };
}

/**
 * Takes over from a vote or its answer what is committed. A leader that applied its own removal may be the only one to know that it is
 * committed: the others need its vote until they know too, and it may not grant it, having the longer log.
 */
export function learnCommitted({ log }: Core, { commit, commitTerm }: VoteRequest | VoteReply): void {
  if (commit > log.committed && commit <= log.last && log.term(commit) === commitTerm) log.commitTo(commit);
}
