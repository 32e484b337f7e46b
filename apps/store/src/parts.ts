/**
 * The second door, for `sim/` only: a member's parts without listeners, to be put together on simulated ports.
 */
export { Host } from './host/host.ts';
export type { HostOptions } from './host/options.ts';
export type { StoreCommand } from './host/machine.ts';
export type { PeerReply, PeerRequest, Receiver, SnapshotMessage, Transport } from './host/transport.ts';
export { GroupOperations } from './members/operations.ts';
export type { MemberRecord } from './members/records.ts';
export { KeyValues } from './services/kv.ts';
export { hostPlants, type HostPlant } from './host/plants.ts';
export { Gate } from './auth/gate.ts';
export { Passwords } from './auth/passwords.ts';
export { SimpleTokens } from './auth/simple-tokens.ts';
export { StoreBackend } from './services/backend.ts';
export { WatchHub } from './watch/hub.ts';
