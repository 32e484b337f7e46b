import type { MemberCommand } from '@rhythm/proto/store';
import { membersOf, type ChangeStep, type NodeId, type Status } from '@rhythm/raft';
import { parseMemberUrl } from '../peers/addresses.ts';
import { etcdError } from '../services/errors.ts';
import type { MembersMachine } from './machine.ts';

/** Learners at a time, as etcd's default. */
const learnersMax = 1;
/** A member counts as there once it has been connected for this long. */
const healthyMs = 5000;
/** A learner has this part of the leader's log before it may vote. */
const readyShare = 0.9;

/** What a change of membership is judged by: the leader's view. */
export interface ClusterView {
  readonly self: NodeId;
  readonly members: MembersMachine;
  readonly status: Status;
  /** In monotonic milliseconds. */
  readonly now: number;
  connectedSince(id: NodeId): number | undefined;
}

type Change = NonNullable<MemberCommand['change']>;

/** The steps in raft that a change takes: none for what is only said of a member. Throws etcd's errors for what would be wrong or risky. */
export function stepsFor(change: Change, view: ClusterView): ChangeStep[] {
  switch (change.$case) {
    case 'add':
      checkAdd(change.value, view);
      return [{ kind: change.value.isLearner ? 'add-learner' : 'add-voter', id: change.value.id }];
    case 'remove':
      checkRemove(change.value.id, view);
      return [{ kind: 'remove', id: change.value.id }];
    case 'promote':
      checkPromote(change.value.id, view);
      return [{ kind: 'add-voter', id: change.value.id }];
    case 'update':
      require(view, change.value.ID);
      checkUrls(change.value.peerURLs, view, change.value.ID);
      return [];
    case 'attributes':
      return [];
  }
}

function checkAdd({ id, peerUrls, isLearner }: Extract<Change, { $case: 'add' }>['value'], view: ClusterView): void {
  if (view.members.get(id) !== undefined || view.members.wasRemoved(id)) throw etcdError('MemberExist');
  checkUrls(peerUrls, view);
  const { learners } = groups(view);
  if (isLearner) {
    if (learners.length >= learnersMax) throw etcdError('TooManyLearners');
    return;
  }
  checkMayVote(view);
}

function checkRemove(id: NodeId, view: ClusterView): void {
  require(view, id);
  if (view.members.isLearner(id)) return;
  const { voters } = groups(view);
  const rest = voters.filter((voter) => voter !== id);
  if (rest.filter((voter) => isStarted(view, voter)).length < majority(rest.length)) throw etcdError('MemberNotEnoughStarted');
  // One that is gone does not weaken the others by being removed.
  if (id !== view.self && view.connectedSince(id) === undefined) return;
  const active = voters.filter((voter) => isHealthy(view, voter)).length;
  if (active - 1 < majority(voters.length - 1)) throw etcdError('Unhealthy');
}

function checkPromote(id: NodeId, view: ClusterView): void {
  require(view, id);
  if (!view.members.isLearner(id)) throw etcdError('MemberNotLearner');
  const matchOf = (member: NodeId): number => view.status.progress.find((progress) => progress.id === member)?.match ?? 0;
  if (matchOf(id) < view.status.last * readyShare) throw etcdError('LearnerNotReady');
  checkMayVote(view);
}

/** One more voter must not endanger the quorum: enough of the others have started and are connected. */
function checkMayVote(view: ClusterView): void {
  const { voters } = groups(view);
  const started = voters.filter((voter) => isStarted(view, voter)).length;
  const isFirstOfTwo = started === 1 && voters.length === 1;
  if (!isFirstOfTwo && started < majority(voters.length + 1)) throw etcdError('MemberNotEnoughStarted');
  if (!voters.every((voter) => isHealthy(view, voter))) throw etcdError('Unhealthy');
}

function checkUrls(urls: readonly string[], { members }: ClusterView, except?: NodeId): void {
  if (urls.length === 0) throw etcdError('MemberBadUrls');
  for (const url of urls) if (!isUrl(url)) throw etcdError('MemberBadUrls');
  const isTaken = members.list().some(({ id, peerUrls }) => id !== except && peerUrls.some((url) => urls.includes(url)));
  if (isTaken) throw etcdError('PeerUrlExist');
}

function isUrl(url: string): boolean {
  try {
    parseMemberUrl(url);
    return true;
  } catch {
    return false;
  }
}

function require({ members }: ClusterView, id: NodeId): void {
  if (members.get(id) === undefined) throw etcdError('MemberNotFound');
}

function groups({ members }: ClusterView): { readonly voters: NodeId[]; readonly learners: NodeId[] } {
  const all = members.membership === undefined ? [] : membersOf(members.membership);
  return { voters: all.filter((id) => !members.isLearner(id)), learners: all.filter((id) => members.isLearner(id)) };
}

/** It has said its name. */
function isStarted({ members, self }: ClusterView, id: NodeId): boolean {
  return id === self || (members.get(id)?.name ?? '') !== '';
}

function isHealthy(view: ClusterView, id: NodeId): boolean {
  return id === view.self || (view.connectedSince(id) ?? Infinity) <= view.now - healthyMs;
}

function majority(count: number): number {
  return Math.floor(count / 2) + 1;
}
