/**
 * The store: raft, an append log and the multi-version state behind the etcd v3 API. Files in the order in which a write travels:
 * `services/kv.ts` → `host/host.ts` (the Ready loop) → `host/raft-log.ts` → `host/state.ts` → `watch/hub.ts`.
 */
export { start, type RunningStore, type StoreConfig, type StorePorts } from './start.ts';
