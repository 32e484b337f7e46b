/**
 * `@rhythm/raft`: the raft consensus algorithm as a pure state machine; the README shows a host. May import `base` only.
 */
export { changeStepsMax, decodeChange, encodeChange, type ChangeStep, type MembershipChange } from './change.ts';
export { plantedBugs, type PlantedBug, type Settings } from './core.ts';
export type { LogStart } from './log.ts';
export { changedMembership, isJoint, isVoter, membersOf, simpleMembership } from './membership.ts';
export { RaftNode, type NodeOptions } from './node.ts';
export type { Ready, Status } from './ready.ts';
export { nobody, ProposalDroppedError } from './types.ts';
export type { DropReason, Entry, HardState, Membership, Message, NodeId, ReadState, Role, SnapshotPlace } from './types.ts';
