import { decodeChange, encodeChange, type MembershipChange } from './change.ts';
import { becomeFollower, type Core } from './core.ts';
import { changedMembership, isJoint, isVoter, membersOf } from './membership.ts';
import { Progress } from './progress.ts';
import { appendProposals, commit, sendAppends } from './replication.ts';
import { nobody, ProposalDroppedError, type Entry, type Membership, type SnapshotPlace } from './types.ts';

/** Proposes a change of membership. One at a time: the one before must have been applied here. */
export function proposeChange(core: Core, change: MembershipChange): void {
  if (core.pendingChange > core.log.applied) throw new ProposalDroppedError('change-pending', 'another change of the membership has not been applied yet');
  changedMembership(core.membership, change);
  appendProposals(core, [encodeChange(change)], 'config');
  core.pendingChange = core.log.last;
}

/**
 * Takes up the membership of a committed change that is being handed out for application; gives the new one. A change that
 * makes no sense where it stands in the log (its proposer could not know) leaves everything as it is, on every member alike.
 */
export function applyChange(core: Core, entry: Entry): Membership {
  try {
    setMembership(core, changedMembership(core.membership, decodeChange(entry.data)));
  } catch (error) {
    if (!(error instanceof ProposalDroppedError)) throw error;
  }
  return core.membership;
}

/** A leader completes a joint change by itself once it is applied, unless the host wants to. */
export function leaveJoint(core: Core): void {
  const { membership, log } = core;
  if (core.role !== 'leader' || !isJoint(membership) || !membership.autoLeave || core.pendingChange > log.applied || core.transferee !== nobody) return;
  // Small, and there is one at most: it is not held up by the limit of what waits.
  const { uncommittedBytes } = core;
  core.uncommittedBytes = 0;
  appendProposals(core, [encodeChange({ steps: [], transition: 'auto', context: new Uint8Array(0) })], 'config');
  core.uncommittedBytes += uncommittedBytes;
  core.pendingChange = log.last;
}

/** Installs a leader's state in place of the log; false when ours is as far already. */
export function installSnapshot(core: Core, snapshot: SnapshotPlace): boolean {
  const { log } = core;
  if (snapshot.index <= log.committed) return false;
  if (log.term(snapshot.index) === snapshot.term) {
    // The entries up to there are known to be the leader's: they are applied one by one.
    log.commitTo(snapshot.index);
    return false;
  }
  log.restart({ index: snapshot.index, term: snapshot.term });
  core.membership = snapshot.membership;
  core.snapshot = snapshot;
  return true;
}

function setMembership(core: Core, membership: Membership): void {
  core.membership = membership;
  if (core.role !== 'leader') return;
  core.reads.forgetLease();
  const members = membersOf(membership);
  for (const id of core.progress.keys()) if (!members.includes(id)) core.progress.delete(id);
  for (const id of members) {
    if (core.progress.has(id)) continue;
    const progress = new Progress(0, core.log.last + 1, core.settings.inflightMax);
    // It gets the time until the next check to show itself.
    progress.recentlyActive = true;
    core.progress.set(id, progress);
  }
  if (!members.includes(core.transferee)) core.transferee = nobody;
  // The new majority may have what the old one lacked.
  commit(core);
  sendAppends(core);
  if (!isVoter(membership, core.settings.id)) becomeFollower(core, core.term, nobody);
}
