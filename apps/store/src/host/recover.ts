import { membersOf, plantedBugs, RaftNode } from '@rhythm/raft';
import type { HostOptions } from './options.ts';
import { RaftDiskLog } from './raft-log.ts';
import { State } from './state.ts';
import { electionTicks, heartbeatTicks } from './timing.ts';

/** What the disk holds, and raft as it was. Rejects when state and log do not fit, or the member does not belong to its group. */
export async function recover(options: HostOptions): Promise<{ readonly state: State; readonly log: RaftDiskLog; readonly node: RaftNode }> {
  const state = await State.load(await options.spaces.open(), options.tokens, options.plant);
  try {
    const { log, entries, hardState, tornBytes } = await RaftDiskLog.open(options.files, state.applied, state.installed, options.segmentBytesMax);
    state.forgetInstalled();
    if (state.membership === undefined && options.founders.length > 0) state.found(options.clusterId, options.founders);
    const { membership } = state;
    const { clusterId = options.clusterId } = state.members;
    if (clusterId !== options.clusterId) {
      throw new Error(`the state belongs to cluster ${clusterId.toString(16)}, the identity file says ${options.clusterId.toString(16)}: restore-quorum was interrupted, run it again`);
    }
    if (membership !== undefined && !membersOf(membership).includes(options.id)) {
      const members = membersOf(membership).map((id) => id.toString(16));
      throw new Error(`the state belongs to the members ${members.join(', ')}, and this one (${options.id.toString(16)}) is none of them: it was removed`);
    }
    if (tornBytes > 0) options.log.warn('the end of the log was torn and has been cut off', { bytes: tornBytes });
    const node = new RaftNode({
      id: options.id,
      ...(membership === undefined ? {} : { membership }),
      electionTicks,
      heartbeatTicks,
      messageBytesMax: 1024 * 1024,
      inflightMax: 256,
      uncommittedBytesMax: 64 * 1024 * 1024,
      random: options.random,
      plantedBug: plantedBugs.find((bug) => bug === options.plant),
      start: state.applied,
      entries,
      hardState,
    });
    options.log.info('state recovered', { applied: state.applied.index, replayed: entries.length, revision: state.mvcc.revision });
    return { state, log, node };
  } catch (error) {
    await state.retire();
    throw error;
  }
}
