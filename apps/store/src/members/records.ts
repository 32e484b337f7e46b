import { simpleMembership, type Membership, type NodeId } from '@rhythm/raft';

/** What is known of one member besides its vote. */
export interface MemberRecord {
  readonly id: NodeId;
  /** Empty until the member has started and said so. */
  readonly name: string;
  /** Where the others reach it. */
  readonly peerUrls: readonly string[];
  /** Where clients reach it; empty until it has said so. */
  readonly clientUrls: readonly string[];
}

/** Everything about the members, as it is stored. */
export interface MembersRecord {
  /** Absent in a store that was made before clusters: its identity file has it. */
  readonly clusterId: bigint | undefined;
  readonly membership: Membership;
  readonly members: readonly MemberRecord[];
  /** They may never come back. */
  readonly removed: readonly NodeId[];
}

const hex = (id: bigint): string => id.toString(16);
const unhex = (text: string): bigint => BigInt(`0x${text}`);
const ids = (list: readonly string[] | undefined): NodeId[] => (list ?? []).map(unhex);

interface Stored {
  readonly voters: readonly string[];
  readonly outgoing?: readonly string[];
  readonly learners?: readonly string[];
  readonly learnersNext?: readonly string[];
  readonly autoLeave?: boolean;
  readonly cluster?: string;
  readonly members?: ReadonlyArray<{ readonly id: string; readonly name: string; readonly peerUrls: readonly string[]; readonly clientUrls: readonly string[] }>;
  readonly removed?: readonly string[];
}

/** The value under `mmembers` (docs/store.md). */
export function encodeMembers({ clusterId, membership, members, removed }: MembersRecord): Uint8Array {
  const stored: Stored = {
    voters: membership.voters.map(hex),
    outgoing: membership.outgoing.map(hex),
    learners: membership.learners.map(hex),
    learnersNext: membership.learnersNext.map(hex),
    autoLeave: membership.autoLeave,
    ...(clusterId === undefined ? {} : { cluster: hex(clusterId) }),
    members: members.map((member) => ({ ...member, id: hex(member.id) })),
    removed: removed.map(hex),
  };
  return Buffer.from(JSON.stringify(stored));
}

export function decodeMembers(bytes: Uint8Array): MembersRecord {
  const stored = JSON.parse(Buffer.from(bytes).toString()) as Stored;
  return {
    clusterId: stored.cluster === undefined ? undefined : unhex(stored.cluster),
    membership: {
      ...simpleMembership(ids(stored.voters), ids(stored.learners)),
      outgoing: ids(stored.outgoing),
      learnersNext: ids(stored.learnersNext),
      autoLeave: stored.autoLeave ?? false,
    },
    members: (stored.members ?? stored.voters.map((id) => ({ id, name: '', peerUrls: [], clientUrls: [] }))).map((member) => ({ ...member, id: unhex(member.id) })),
    removed: ids(stored.removed),
  };
}
