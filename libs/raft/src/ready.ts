import type { Entry, HardState, Message, NodeId, ReadState, Role } from './types.ts';

/** A batch of work for the host. Only one is out at a time: `advance` gives it back. */
export interface Ready {
  /** To be appended to the log, replacing entries with the same index and all after them. */
  readonly entries: readonly Entry[];
  /** To be stored with the entries; absent when unchanged. */
  readonly hardState: HardState | undefined;
  /** The entries and hard state must be synced before `messagesAfterSync` are sent and before `advance`. */
  readonly mustSync: boolean;
  /** May be sent at once, also while the entries are being written. */
  readonly messages: readonly Message[];
  /** Must not be sent BEFORE entries and hard state are on disk: they promise that these are. */
  readonly messagesAfterSync: readonly Message[];
  /** To be applied to the state in this order. They are on this member's disk already. */
  readonly committed: readonly Entry[];
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
  /** Entries up to here are needed by nobody any more: the lowest index that every voter has (leader), or what is applied. */
  readonly compactable: number;
}
