import type { Message, NodeId, SnapshotPlace } from '@rhythm/raft';
import type { MemberRecord } from '../members/records.ts';

/** The message that tells a follower's raft of a state; the state itself is carried beside it. */
export type SnapshotMessage = Extract<Message, { type: 'snapshot' }>;

/** What one member asks of another, each once: not repeated by the transport. */
export type PeerRequest =
  | { readonly kind: 'lease-renew'; readonly id: bigint }
  | { readonly kind: 'lease-remaining'; readonly id: bigint }
  /** An encoded change of membership (`encodeChange`), for the leader to propose. */
  | { readonly kind: 'change'; readonly data: Uint8Array }
  /** A hash over the history up to this revision; any member answers. */
  | { readonly kind: 'hash'; readonly revision: number };

export type PeerReply =
  /** Seconds, granted and left; 0 or less: there is no such lease. */
  | { readonly kind: 'lease'; readonly granted: bigint; readonly remaining: bigint }
  /** Applied by the leader at this index. */
  | { readonly kind: 'changed'; readonly index: number }
  | { readonly kind: 'hash'; readonly hash: number; readonly revision: number; readonly compactRevision: number };

/** Where a transport delivers what arrives. */
export interface Receiver {
  receive(messages: readonly Message[]): void;
  /** A state arrives. Resolves when it is durable here and raft has been told; rejects when it cannot be taken. */
  receiveState(message: SnapshotMessage, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Answers a peer's request; throws `GrpcError`s of etcd's. */
  answer(request: PeerRequest): Promise<PeerReply>;
  /** Messages to this member are being lost. */
  unreachable(id: NodeId): void;
  /** The member can be reached again. */
  connected(id: NodeId): void;
  /** This member was removed from the group, as another one says. */
  removed(): void;
}

/** How members reach each other. Nothing that is handed over here is ever delivered twice. */
export interface Transport {
  /** Begins to deliver. */
  start(receiver: Receiver): void;
  /** Who the others are and where; told again after each change. */
  setPeers(peers: readonly MemberRecord[], removed: readonly NodeId[]): void;
  /** Takes messages for others; drops what it has no room for and says `unreachable`. */
  send(messages: readonly Message[]): void;
  /** Carries a state over; resolves once the receiver has taken it, rejects when it has not. Never reads ahead of the receiver. */
  sendState(message: SnapshotMessage, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Asks the other member; rejects with a `GrpcError` when it cannot be reached. */
  ask(to: NodeId, request: PeerRequest): Promise<PeerReply>;
  /** Since when the member is reached without a break, in monotonic milliseconds; undefined while it is not. */
  connectedSince(id: NodeId): number | undefined;
  stop(): Promise<void>;
}

/** Where a state that was carried over stands. */
export type StatePlace = SnapshotPlace;
