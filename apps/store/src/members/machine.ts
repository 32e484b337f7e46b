import type { KeyValueSpace } from '@rhythm/disk';
import { metaKey } from '@rhythm/mvcc';
import type { MemberCommand } from '@rhythm/proto/store';
import { simpleMembership, type Membership, type NodeId } from '@rhythm/raft';
import type { ApplyContext, Machine, Outcome, StoreCommand } from '../host/machine.ts';
import { decodeMembers, encodeMembers, type MemberRecord, type MembersRecord } from './records.ts';

/** Members that were removed and are remembered, so that they are told so when they come back. */
const removedMax = 1000;
const membersKey = metaKey('members');

/** Who belongs to the group, and what is known of them. */
export class MembersMachine implements Machine {
  readonly commands = ['member'] as const;
  #known: MembersRecord | undefined;

  /** Undefined in a member that waits to be sent the state. */
  get membership(): Membership | undefined {
    return this.#known?.membership;
  }

  get clusterId(): bigint | undefined {
    return this.#known?.clusterId;
  }

  /** In the order of their ids. */
  list(): readonly MemberRecord[] {
    return this.#known?.members ?? [];
  }

  get(id: NodeId): MemberRecord | undefined {
    return this.list().find((member) => member.id === id);
  }

  isLearner(id: NodeId): boolean {
    const { learners = [], learnersNext = [] } = this.membership ?? {};
    return learners.includes(id) || learnersNext.includes(id);
  }

  get removed(): readonly NodeId[] {
    return this.#known?.removed ?? [];
  }

  wasRemoved(id: NodeId): boolean {
    return this.#known?.removed.includes(id) ?? false;
  }

  /** The first members of a new group, or the only one of a group that is begun anew. */
  found(clusterId: bigint, members: readonly MemberRecord[], removed: readonly NodeId[] = []): Outcome['writes'] {
    return this.#set({ clusterId, membership: simpleMembership(members.map(({ id }) => id)), members, removed });
  }

  apply(command: StoreCommand, { revision }: ApplyContext): Outcome {
    const { change } = (command as Extract<StoreCommand, { $case: 'member' }>).value;
    return { reply: { $case: 'member', revision }, writes: change === undefined ? [] : this.#change(change, this.membership) };
  }

  /** An entry that changed the membership was applied; `command` says what else is known of it. */
  applyMembership(command: StoreCommand | undefined, membership: Membership, revision: number): Outcome {
    const change = command?.$case === 'member' ? command.value.change : undefined;
    return { reply: { $case: 'member', revision }, writes: this.#change(change, membership) };
  }

  async restore(space: KeyValueSpace): Promise<void> {
    const bytes = space.get(membersKey);
    if (bytes !== undefined) this.#known = decodeMembers(bytes);
  }

  #change(change: MemberCommand['change'], membership: Membership | undefined): Outcome['writes'] {
    if (membership === undefined) return [];
    const { clusterId, members = [], removed = [] } = this.#known ?? {};
    return this.#set({ clusterId, membership, members: changed(members, change), removed: change?.$case === 'remove' ? [...removed, change.value.id].slice(-removedMax) : removed });
  }

  #set(known: MembersRecord): Outcome['writes'] {
    this.#known = { ...known, members: [...known.members].sort((a, b) => (a.id < b.id ? -1 : 1)) };
    return [{ key: membersKey, value: encodeMembers(this.#known) }];
  }
}

/** The records after a change; what is said of a member that is not there changes nothing. */
function changed(members: readonly MemberRecord[], change: MemberCommand['change']): readonly MemberRecord[] {
  switch (change?.$case) {
    case 'add': {
      const { id, peerUrls } = change.value;
      return [...members.filter((member) => member.id !== id), { id, name: '', peerUrls, clientUrls: [] }];
    }
    case 'remove':
      return members.filter(({ id }) => id !== change.value.id);
    case 'attributes': {
      const { id, name, clientUrls } = change.value;
      return members.map((member) => (member.id === id ? { ...member, name, clientUrls } : member));
    }
    case 'update': {
      const { ID, peerURLs } = change.value;
      return members.map((member) => (member.id === ID ? { ...member, peerUrls: peerURLs } : member));
    }
    default:
      return members;
  }
}
