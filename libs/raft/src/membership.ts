import type { ChangeStep, MembershipChange } from './change.ts';
import { ProposalDroppedError, type Membership, type NodeId } from './types.ts';

/** A group of these voters, with no change under way. */
export function simpleMembership(voters: readonly NodeId[], learners: readonly NodeId[] = []): Membership {
  return { voters, outgoing: [], learners, learnersNext: [], autoLeave: false };
}

export function isJoint(membership: Membership): boolean {
  return membership.outgoing.length > 0;
}

/** Everybody who is sent the log. */
export function membersOf(membership: Membership): NodeId[] {
  return [...new Set([...membership.voters, ...membership.outgoing, ...membership.learners])];
}

/** True for those with a vote in at least one of the two majorities. */
export function isVoter(membership: Membership, id: NodeId): boolean {
  return membership.voters.includes(id) || membership.outgoing.includes(id);
}

/**
 * The membership after a change. Pure: every member computes the same.
 * @throws ProposalDroppedError `invalid-change` for one that makes no sense now.
 */
export function changedMembership(before: Membership, change: MembershipChange): Membership {
  if (change.steps.length === 0) return left(before);
  if (isJoint(before)) throw invalid('a change is under way and must be completed first');
  const after = { voters: [...before.voters], learners: [...before.learners], learnersNext: [] as NodeId[] };
  for (const step of change.steps) take(after, step, before);
  if (after.voters.length === 0) throw invalid('no voter would be left');
  const changedVoters = count(before.voters, after.voters) + count(after.voters, before.voters);
  if (change.transition === 'simple' && changedVoters > 1) throw invalid('more than one voter would change at once');
  const isSimple = change.transition === 'simple' || (change.transition === 'auto' && changedVoters <= 1);
  if (isSimple) return { voters: after.voters, outgoing: [], learners: [...after.learners, ...after.learnersNext], learnersNext: [], autoLeave: false };
  return { ...after, outgoing: before.voters, autoLeave: change.transition !== 'joint-explicit' };
}

function left(before: Membership): Membership {
  if (!isJoint(before)) throw invalid('no change is under way');
  return simpleMembership(before.voters, [...before.learners, ...before.learnersNext]);
}

function take(after: { voters: NodeId[]; learners: NodeId[]; learnersNext: NodeId[] }, step: ChangeStep, before: Membership): void {
  const wasVoter = before.voters.includes(step.id);
  after.voters = after.voters.filter((id) => id !== step.id);
  after.learners = after.learners.filter((id) => id !== step.id);
  after.learnersNext = after.learnersNext.filter((id) => id !== step.id);
  if (step.kind === 'add-voter') after.voters.push(step.id);
  // A voter of the old half keeps its vote until that half is left.
  else if (step.kind === 'add-learner') (wasVoter ? after.learnersNext : after.learners).push(step.id);
}

/** How many of `these` are not among `those`. */
function count(these: readonly NodeId[], those: readonly NodeId[]): number {
  return these.filter((id) => !those.includes(id)).length;
}

function invalid(why: string): ProposalDroppedError {
  return new ProposalDroppedError('invalid-change', `the membership cannot be changed so: ${why}`);
}
