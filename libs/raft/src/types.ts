/** A member of the group; 0 is nobody. */
export type NodeId = bigint;
export const nobody: NodeId = 0n;

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

/** One slot of the log. The data of a `config` entry is a change of membership (`decodeChange`), of a `normal` one the host's. */
export interface Entry {
  readonly term: number;
  readonly index: number;
  readonly type: 'normal' | 'config';
  readonly data: Uint8Array;
}

/** What must survive a crash besides the entries. */
export interface HardState {
  readonly term: number;
  /** Whom this member voted for in `term`. */
  readonly vote: NodeId;
  readonly commit: number;
}

/** Who belongs to the group. While `outgoing` is not empty two majorities decide: one of each list (raft thesis, 4.3). */
export interface Membership {
  readonly voters: readonly NodeId[];
  /** The voters before a change that is under way. */
  readonly outgoing: readonly NodeId[];
  /** They get the log and have no vote. */
  readonly learners: readonly NodeId[];
  /** Voters of `outgoing` that become learners once the change is complete. */
  readonly learnersNext: readonly NodeId[];
  /** The leader completes the change by itself. */
  readonly autoLeave: boolean;
}

/** Names a state: everything up to `index`, and who belonged to the group then. */
export interface SnapshotPlace {
  readonly index: number;
  readonly term: number;
  readonly membership: Membership;
}

/** The sender's last committed entry: whoever has the same entry may count it as committed too. */
interface Committed {
  readonly commit: number;
  readonly commitTerm: number;
}

interface Envelope {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly term: number;
}

/** What members say to each other. Delivery may fail, repeat and reorder. */
export type Message = Envelope &
  (
    | (Committed & {
        readonly type: 'pre-vote' | 'vote';
        readonly lastIndex: number;
        readonly lastTerm: number;
        /** The leader asked for this election: nobody waits for its lease to end. */
        readonly isTransfer: boolean;
      })
    | (Committed & { readonly type: 'pre-vote-reply' | 'vote-reply'; readonly granted: boolean })
    | { readonly type: 'append'; readonly prevIndex: number; readonly prevTerm: number; readonly entries: readonly Entry[]; readonly commit: number }
    | {
        readonly type: 'append-reply';
        /** Accepted: the last index known to match. Rejected: the `prevIndex` that did not fit. */
        readonly index: number;
        readonly rejected: boolean;
        /** Of a rejection: where the follower's log may still match. */
        readonly hintIndex: number;
        readonly hintTerm: number;
        /** The sender knows no membership: it has just been added, and needs the state, where that is written, before it takes entries. */
        readonly wantsState: boolean;
      }
    | { readonly type: 'heartbeat'; readonly commit: number; readonly context: number }
    | { readonly type: 'heartbeat-reply'; readonly context: number }
    | { readonly type: 'read-index'; readonly context: number }
    | { readonly type: 'read-index-reply'; readonly context: number; readonly index: number }
    | { readonly type: 'propose'; readonly data: readonly Uint8Array[] }
    /** Leader to host: send your applied state. Host to follower: this is the place of the state that came with it. */
    | { readonly type: 'snapshot'; readonly snapshot: SnapshotPlace }
    | { readonly type: 'transfer'; readonly target: NodeId }
    /** The receiver is to campaign at once. */
    | { readonly type: 'timeout-now' }
  );

type WithoutEnvelope<M> = M extends unknown ? Omit<M, 'from' | 'to' | 'term'> : never;
/** A message before it is addressed. */
export type Body = WithoutEnvelope<Message>;

/** A read that may be served once the state has been applied up to `index`. */
export interface ReadState {
  readonly context: number;
  readonly index: number;
}

/** Why a proposal was not taken. */
export type DropReason = 'no-leader' | 'not-leader' | 'too-much-uncommitted' | 'transferring' | 'change-pending' | 'invalid-change';

/** A proposal that was not taken. */
export class ProposalDroppedError extends Error {
  override readonly name = 'ProposalDroppedError';
  readonly reason: DropReason;

  constructor(reason: DropReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
