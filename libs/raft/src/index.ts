/**
 * `@rhythm/raft`: the raft consensus algorithm as a pure state machine; the README shows a host. May import `base` only.
 */
export { nobody, ProposalDroppedError } from './types.ts';
export type { Entry, HardState, Message, NodeId, ReadState, Role } from './types.ts';
export type { LogStart } from './log.ts';
export { RaftNode, type NodeOptions } from './node.ts';
export type { Ready, Status } from './ready.ts';
