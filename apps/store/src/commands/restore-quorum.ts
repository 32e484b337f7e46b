import { join } from 'node:path';
import type { Random } from '@rhythm/base';
import { FlagError, helpText, parseFlags } from '@rhythm/config';
import { levelSpaces, nodeFiles } from '@rhythm/disk';
import { changedMembership, decodeChange, ProposalDroppedError, type Entry, type Membership } from '@rhythm/raft';
import { decodeCommand } from '../host/command.ts';
import { RaftDiskLog } from '../host/raft-log.ts';
import { State } from '../host/state.ts';
import { readIdentity, writeIdentity } from '../identity.ts';

const flags = {
  'data-dir': { type: 'string', help: 'folder of the member that goes on; it must not be running', required: true },
  name: { type: 'string', help: 'name of that member', default: 'default' },
} as const;

/**
 * Makes a cluster of one out of what a surviving member has, after the majority of its cluster is lost for good. All entries of its
 * log are applied: any of them may have been acknowledged. The cluster gets a new id, by which members of the old one are refused, and they
 * count as removed. Gives the text to print.
 */
export async function restoreQuorumCommand(argv: readonly string[], random: Random): Promise<string> {
  if (argv.includes('--help')) return `restore-quorum         make a cluster of one out of a surviving member, when the majority is lost for good\n${helpText(flags)}`;
  const given = parseFlags(flags, argv);
  const dataDir = given['data-dir'];
  const identity = await readIdentity(dataDir, given.name);
  if (identity === undefined) throw new FlagError(`${dataDir} is not the folder of a member`);
  const state = await State.load(await levelSpaces(dataDir).open());
  try {
    const { log, entries } = await RaftDiskLog.open(await nodeFiles(join(dataDir, 'log')), state.applied, state.installed);
    await log.close();
    for (const entry of entries) applyOffline(state, entry);
    const { members, membership } = state;
    if (membership === undefined) throw new Error('this member has never been sent the state of its cluster: there is nothing to go on with');
    const own = members.get(identity.memberId) ?? { id: identity.memberId, name: identity.name, peerUrls: [], clientUrls: [] };
    const others = members.list().flatMap(({ id }) => (id === own.id ? [] : [id]));
    const clusterId = Buffer.from(random.bytes(8)).readBigUInt64BE() | 1n;
    state.found(clusterId, [own], [...members.removed, ...others]);
    await state.flush(true);
    // The state comes first: until the identity follows, the member refuses to start.
    await writeIdentity(dataDir, { name: identity.name, memberId: identity.memberId, clusterId, founders: [own] });
    return `member ${own.id.toString(16)} is the only one of the new cluster ${clusterId.toString(16)}, with revision ${state.mvcc.revision}; start it, and add the others anew: their folders are of no use any more`;
  } finally {
    await state.close();
  }
}

function applyOffline(state: State, entry: Entry): void {
  const at = { index: entry.index, term: entry.term };
  if (entry.type === 'config') state.applyMembership(entry.data, membershipAfter(state.membership, entry.data), at);
  else state.apply(entry.data.length === 0 ? undefined : decodeCommand(entry.data), at);
}

/** As raft takes it: a change that makes no sense where it stands changes nothing. */
function membershipAfter(before: Membership | undefined, data: Uint8Array): Membership {
  if (before === undefined) throw new Error('the log changes a membership that is not known');
  try {
    return changedMembership(before, decodeChange(data));
  } catch (error) {
    if (error instanceof ProposalDroppedError) return before;
    throw error;
  }
}
