import { RangeResponse, type ResponseHeader } from '@rhythm/proto/etcd';
import { Reply } from '@rhythm/proto/store';
import { putVarint, varintLength } from '../varint.ts';

/**
 * A RangeResponse as bytes. What is stored of a key is the message that answers for it (docs/store.md), so a list is made by
 * copying: decoding and encoding ten thousand values would cost five times as much.
 */
export function encodeRange(header: ResponseHeader | undefined, values: readonly Uint8Array[], more: boolean, count: number): Buffer {
  const head = RangeResponse.encode({ header, kvs: [], more, count: BigInt(count) }).finish();
  let length = head.length;
  for (const value of values) length += 1 + varintLength(value.length) + value.length;
  const out = Buffer.allocUnsafe(length);
  out.set(head);
  let at = head.length;
  for (const value of values) {
    out[at++] = 0x12;
    at = putVarint(out, at, value.length);
    out.set(value, at);
    at += value.length;
  }
  return out;
}

/** One message of a streamed range: a range in field 1. */
export function encodeRangeChunk(range: Uint8Array): Buffer {
  const head = Buffer.allocUnsafe(1 + varintLength(range.length));
  head[0] = 0x0a;
  putVarint(head, 1, range.length);
  return Buffer.concat([head, range]);
}

/** A reply on the batched stream; ranges come encoded. */
export type EncodedReply = { readonly id: bigint; readonly range: Uint8Array } | Reply;

/** Replies as bytes: a repeated field 1 of messages with the id in field 1 and the range in field 2. */
export function encodeReplies(replies: readonly EncodedReply[]): Buffer {
  const chunks: Uint8Array[] = [];
  for (const reply of replies) {
    const parts = 'range' in reply ? rangeReply(reply.id, reply.range) : [Reply.encode(reply).finish()];
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const head = Buffer.allocUnsafe(1 + varintLength(length));
    head[0] = 0x0a;
    putVarint(head, 1, length);
    chunks.push(head, ...parts);
  }
  return Buffer.concat(chunks);
}

function rangeReply(id: bigint, range: Uint8Array): Uint8Array[] {
  const start = Reply.encode({ id, reply: undefined }).finish();
  const head = Buffer.allocUnsafe(1 + varintLength(range.length));
  head[0] = 0x12;
  putVarint(head, 1, range.length);
  return [start, head, range];
}
