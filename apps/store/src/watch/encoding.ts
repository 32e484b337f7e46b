import { ResponseHeader, WatchResponse } from '@rhythm/proto/etcd';
import { Event } from '@rhythm/proto/etcd/kv';
import { putVarint, varintLength } from '../varint.ts';

const headerTag = 0x0a;
const watchIdTag = 0x10;
const fragmentTag = 0x38;
const eventTag = 0x5a;

/** Headers and events as fields of a response: the same change goes to many watches, and is encoded for the first of them. */
const encodedHeaders = new WeakMap<ResponseHeader, Uint8Array>();
const encodedEvents = new WeakMap<Event, Uint8Array>();

/** A WatchResponse as bytes. Headers and events that were encoded before must not have changed since. */
export function encodeWatchResponse(response: WatchResponse): Buffer {
  const { header, events, watchId, created, canceled } = response;
  // All that is no news of a watch: rare, or without events.
  if (header === undefined || events.length === 0 || created || canceled || watchId < 0n || watchId > Number.MAX_SAFE_INTEGER) return Buffer.from(WatchResponse.encode(response).finish());
  const head = once(encodedHeaders, header, () => field(headerTag, ResponseHeader.encode(header).finish()));
  const id = Number(watchId);
  const bodies = events.map((event) => once(encodedEvents, event, () => field(eventTag, Event.encode(event).finish())));
  let length = head.length + (id === 0 ? 0 : 1 + varintLength(id)) + (response.fragment ? 2 : 0);
  for (const body of bodies) length += body.length;
  const out = Buffer.allocUnsafe(length);
  out.set(head);
  let at = head.length;
  if (id !== 0) {
    out[at++] = watchIdTag;
    at = putVarint(out, at, id);
  }
  if (response.fragment) {
    out[at++] = fragmentTag;
    out[at++] = 1;
  }
  for (const body of bodies) {
    out.set(body, at);
    at += body.length;
  }
  return out;
}

function once<K extends object>(known: WeakMap<K, Uint8Array>, key: K, encode: () => Uint8Array): Uint8Array {
  let bytes = known.get(key);
  if (bytes === undefined) known.set(key, (bytes = encode()));
  return bytes;
}

function field(tag: number, body: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafe(1 + varintLength(body.length) + body.length);
  out[0] = tag;
  out.set(body, putVarint(out, 1, body.length));
  return out;
}
