import { dataKey, decodeKeyValue, type HistoryItem, type KeyValue, type Revision, type StoredEvent } from '@rhythm/mvcc';
import type { Event } from '@rhythm/proto/etcd/kv';
import type { State } from '../host/state.ts';
import type { Watcher } from './watcher.ts';

/** An event whose key and value have been encoded already, and which has nothing else: `kv` must not have changed since. */
export interface EncodedEvent extends Event {
  readonly stored?: Uint8Array | undefined;
}

/** Events without the value before: one object for all watches, so that it is encoded once. */
const shared = new WeakMap<StoredEvent, Event>();

/** The event as this watch wants it; undefined when its filters leave it out. */
export function liveEvent(state: State, watcher: Watcher, event: StoredEvent): Event | undefined {
  if (!wanted(watcher, event.type === 'delete')) return undefined;
  if (watcher.previous) return buildLive(state, watcher, event);
  let built = shared.get(event);
  if (built === undefined) shared.set(event, (built = encodedAs(buildLive(state, watcher, event), event)));
  return built;
}

function encodedAs(event: Event, { stored }: StoredEvent): EncodedEvent {
  return { ...event, stored };
}

function buildLive(state: State, watcher: Watcher, event: StoredEvent): Event {
  return build(state, watcher, event.type === 'delete', event.kv, event.previous);
}

export function pastEvent(state: State, watcher: Watcher, item: HistoryItem): Event | undefined {
  if (!wanted(watcher, item.isTombstone)) return undefined;
  const kv = decodeKeyValue(state.required(dataKey(item.revision, item.isTombstone)));
  if (item.isTombstone) kv.modRevision = BigInt(item.revision.main);
  return build(state, watcher, item.isTombstone, kv, item.previous);
}

/** Bytes of an event on the wire, about. */
export function eventBytes(event: Event): number {
  const size = (kv: KeyValue | undefined): number => (kv === undefined ? 0 : kv.key.length + kv.value.length + 24);
  return size(event.kv) + size(event.prevKv) + 8;
}

function wanted(watcher: Watcher, isDelete: boolean): boolean {
  return isDelete ? !watcher.noDelete : !watcher.noPut;
}

/** A value before that has been compacted away is left out, as in etcd. */
function build(state: State, watcher: Watcher, isDelete: boolean, kv: KeyValue, previous: Revision | undefined): Event {
  const before = watcher.previous && previous !== undefined ? state.get(dataKey(previous)) : undefined;
  return { type: isDelete ? 1 : 0, kv, prevKv: before === undefined ? undefined : decodeKeyValue(before) };
}
