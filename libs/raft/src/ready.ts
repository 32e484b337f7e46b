import type { Progress } from './progress.ts';
import type { Entry, HardState, Membership, Message, NodeId, ReadState, Role, SnapshotPlace } from './types.ts';

/** A batch of work for the host. Only one is out at a time: `advance` gives it back. */
export interface Ready {
  /**
   * A leader's state to be installed in place of the applied one and of the whole log, before all else here. It must be on disk,
   * its membership with it, before `messagesAfterSync` are sent and before `advance`.
   */
  readonly snapshot: SnapshotPlace | undefined;
  /** To be appended to the log, replacing entries with the same index and all after them. */
  readonly entries: readonly Entry[];
  /** To be stored behind the entries, in the same write; absent when it is the one handed out before (with `mustSync`: the one synced before). */
  readonly hardState: HardState | undefined;
  /** The entries and hard state must be synced before `messagesAfterSync` are sent and before `advance`. */
  readonly mustSync: boolean;
  /**
   * May be sent at once, also while the entries are being written. A `snapshot` among them stands for the applied state: the host sends
   * what it has (at `snapshot.index` or later) with ITS place, in its own way, and tells the outcome with `reportSnapshot`.
   */
  readonly messages: readonly Message[];
  /** Must not be sent BEFORE entries and hard state are on disk: they promise that these are. */
  readonly messagesAfterSync: readonly Message[];
  /** To be applied to the state in this order. They are on this member's disk already. */
  readonly committed: readonly Entry[];
  /** The membership after the last of `committed`, which changed it; to be stored together with that applied index. */
  readonly membership: Membership | undefined;
  /** Reads that may be served AFTER the state has been applied up to their index. */
  readonly readStates: readonly ReadState[];
}

/** What an observer may know of a node. */
export interface Status {
  readonly id: NodeId;
  readonly role: Role;
  readonly term: number;
  readonly leader: NodeId;
  readonly committed: number;
  readonly applied: number;
  readonly last: number;
  /** Entries up to here are needed by nobody any more: the lowest index that every member has (leader), or what is applied. Cutting beyond it costs a snapshot. */
  readonly compactable: number;
  readonly membership: Membership;
  /** Of a leader: how far each member is. */
  readonly progress: ReadonlyArray<Pick<Progress, 'state' | 'match' | 'next' | 'recentlyActive'> & { readonly id: NodeId }>;
}
