/** A member of the group; 0 is nobody. */
export type NodeId = bigint;
export const nobody: NodeId = 0n;

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

/** One slot of the log. `config` is reserved for changes of membership. */
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

interface Envelope {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly term: number;
}

/** What members say to each other. Delivery may fail, repeat and reorder. */
export type Message = Envelope &
  (
    | { readonly type: 'pre-vote' | 'vote'; readonly lastIndex: number; readonly lastTerm: number }
    | { readonly type: 'pre-vote-reply' | 'vote-reply'; readonly granted: boolean }
    | { readonly type: 'append'; readonly prevIndex: number; readonly prevTerm: number; readonly entries: readonly Entry[]; readonly commit: number }
    | {
        readonly type: 'append-reply';
        /** Accepted: the last index known to match. Rejected: the `prevIndex` that did not fit. */
        readonly index: number;
        readonly rejected: boolean;
        /** Of a rejection: where the follower's log may still match. */
        readonly hintIndex: number;
        readonly hintTerm: number;
      }
    | { readonly type: 'heartbeat'; readonly commit: number; readonly context: number }
    | { readonly type: 'heartbeat-reply'; readonly context: number }
    | { readonly type: 'read-index'; readonly context: number }
    | { readonly type: 'read-index-reply'; readonly context: number; readonly index: number }
    | { readonly type: 'propose'; readonly data: readonly Uint8Array[] }
  );

type WithoutEnvelope<M> = M extends unknown ? Omit<M, 'from' | 'to' | 'term'> : never;
/** A message before it is addressed. */
export type Body = WithoutEnvelope<Message>;

/** A read that may be served once the state has been applied up to `index`. */
export interface ReadState {
  readonly context: number;
  readonly index: number;
}

/** A proposal that was not taken. */
export class ProposalDroppedError extends Error {
  override readonly name = 'ProposalDroppedError';
  readonly reason: 'no-leader' | 'too-much-uncommitted';

  constructor(reason: 'no-leader' | 'too-much-uncommitted', message: string) {
    super(message);
    this.reason = reason;
  }
}
