import type { Core } from './core.ts';
import { isVoter } from './membership.ts';
import { handOver } from './replication.ts';
import type { NodeId } from './types.ts';

/**
 * Hands the leadership to another voter (raft thesis, 3.10): no more proposals are taken until it has the log and is told to
 * campaign, or an election timeout has passed.
 */
export function transferTo(core: Core, target: NodeId): void {
  if (core.transferee === target || target === core.settings.id || !isVoter(core.membership, target)) return;
  core.transferee = target;
  core.ticksSinceElection = 0;
  core.hasLease = false;
  handOver(core);
}
