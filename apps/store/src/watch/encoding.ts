import { ResponseHeader, WatchResponse } from '@rhythm/proto/etcd';
import { Event } from '@rhythm/proto/etcd/kv';
import { encodeMessage } from '@rhythm/proto/encode';
import { putVarint, varintLength } from '../varint.ts';
import type { EncodedEvent } from './events.ts';

const headerTag = 0x0a;
const watchIdTag = 0x10;
const fragmentTag = 0x38;
const eventTag = 0x5a;
/** In an event: its key and value. */
const kvTag = 0x12;

/** Headers and events as fields of a response: the same change goes to many watches, and is encoded for the first of them. */
const encodedHeaders = new WeakMap<ResponseHeader, Uint8Array>();
const encodedEvents = new WeakMap<Event, Uint8Array>();

/** A WatchResponse as bytes. Headers and events that were encoded before must not have changed since. */
export function encodeWatchResponse(response: WatchResponse): Buffer {
  const { header, events, watchId, created, canceled } = response;
  // All that is no news of a watch: rare, or without events.
  if (header === undefined || events.length === 0 || created || canceled || watchId < 0n || watchId > Number.MAX_SAFE_INTEGER) return encodeMessage((writer) => WatchResponse.encode(response, writer));
  const head = once(encodedHeaders, header, () => field(headerTag, ResponseHeader.encode(header).finish()));
  const id = Number(watchId);
  let length = head.length + (id === 0 ? 0 : 1 + varintLength(id)) + (response.fragment ? 2 : 0);
  for (const event of events) length += lengthOf(event);
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
  for (const event of events) at = putEvent(out, at, event);
  return out;
}

/** Bytes of an event as a field. */
function lengthOf(event: EncodedEvent): number {
  const { stored } = event;
  if (stored === undefined) return encodedEvent(event).length;
  const body = 1 + varintLength(stored.length) + stored.length;
  return 1 + varintLength(body) + body;
}

function putEvent(out: Buffer, start: number, event: EncodedEvent): number {
  const { stored } = event;
  if (stored === undefined) {
    const bytes = encodedEvent(event);
    out.set(bytes, start);
    return start + bytes.length;
  }
  let at = start;
  out[at++] = eventTag;
  at = putVarint(out, at, 1 + varintLength(stored.length) + stored.length);
  out[at++] = kvTag;
  at = putVarint(out, at, stored.length);
  out.set(stored, at);
  return at + stored.length;
}

function encodedEvent(event: Event): Uint8Array {
  return once(encodedEvents, event, () => field(eventTag, encodeMessage((writer) => Event.encode(event, writer))));
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
