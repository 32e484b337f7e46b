import type { Clock, Log, Timer } from '@rhythm/base';
import type { NodeId } from '@rhythm/raft';
import { alarmTypes } from '../alarms/machine.ts';
import type { Host } from '../host/host.ts';
import { hashKv } from '../services/hash.ts';

/** A hash over the history up to a revision; those of the same compacted revision can be compared. */
export interface HistoryHash {
  readonly hash: number;
  readonly revision: number;
  readonly compactRevision: number;
}

/** A group of members as it is checked. */
export interface CheckedGroup {
  isLeader(): boolean;
  /** The others. */
  others(): readonly NodeId[];
  /** Of this member, up to a revision, 0: the newest. */
  own(revision: number): Promise<HistoryHash>;
  /** Of another member; rejects when it cannot be reached or has not come so far. */
  ask(member: NodeId, revision: number): Promise<HistoryHash>;
  /** A member's state differs from ours. */
  raise(member: NodeId): Promise<void>;
}

/** Members whose state differs from ours up to the newest revision here. Who cannot be asked is left out. */
export async function differingMembers(group: CheckedGroup, log: Log): Promise<NodeId[]> {
  const others = group.others();
  if (others.length === 0) return [];
  const mine = await group.own(0);
  const differing = await Promise.all(
    others.map(async (member) => {
      try {
        const theirs = await group.ask(member, mine.revision);
        return theirs.compactRevision === mine.compactRevision && theirs.hash !== mine.hash ? [member] : [];
      } catch (error) {
        log.info('a member could not be compared with', { member: member.toString(16), error });
        return [];
      }
    }),
  );
  return differing.flat();
}

/** Throws when another member's state differs: this member must not serve. */
export async function checkAtStart(group: CheckedGroup, log: Log): Promise<void> {
  const differing = await differingMembers(group, log);
  if (differing.length === 0) return;
  throw new Error(`the state differs from that of ${differing.map((id) => id.toString(16)).join(', ')}: this member or they are damaged; restore the damaged one from its peers or a snapshot`);
}

/** While this member leads, compares every `intervalMs`, and raises the alarm of whoever differs. Below or 0: never. */
export function checkPeriodically(group: CheckedGroup, intervalMs: number, clock: Clock, log: Log): { stop(): void } {
  let timer: Timer | undefined;
  let isStopped = false;
  const check = async (): Promise<void> => {
    if (!group.isLeader()) return;
    for (const member of await differingMembers(group, log)) {
      log.error("a member's state differs from the leader's", { member: member.toString(16) });
      await group.raise(member);
    }
  };
  const next = (): void => {
    if (isStopped || intervalMs <= 0) return;
    timer = clock.setTimer(intervalMs, () => {
      check()
        .catch((error: unknown) => log.warn('the members could not be compared', { error }))
        .finally(next);
    });
  };
  next();
  return {
    stop: () => {
      isStopped = true;
      timer?.cancel();
    },
  };
}

/** A running member and its group. */
export function checkedGroup(host: Host): CheckedGroup {
  return {
    isLeader: () => host.isLeader,
    others: () => (host.transport === undefined ? [] : host.state.members.list().map(({ id }) => id).filter((id) => id !== host.id)),
    own: (revision) => hashKv(host.state, BigInt(revision)),
    ask: async (member, revision) => {
      const reply = await host.transport?.ask(member, { kind: 'hash', revision });
      if (reply?.kind !== 'hash') throw new Error('a question for a hash was answered with something else');
      return reply;
    },
    raise: (member) => host.raise(alarmTypes.corrupt, member),
  };
}
