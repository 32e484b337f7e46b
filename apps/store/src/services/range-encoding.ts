import { encodeMessage } from '@rhythm/proto/encode';
import { RangeResponse, type ResponseHeader } from '@rhythm/proto/etcd';
import { Reply } from '@rhythm/proto/store';
import { putVarint, varintLength } from '../varint.ts';

/**
 * A RangeResponse as bytes. What is stored of a key is the message that answers for it (docs/store.md), so a list is made by
 * copying: decoding and encoding ten thousand values would cost five times as much.
 */
export function encodeRange(header: ResponseHeader | undefined, values: readonly Uint8Array[], more: boolean, count: number): Buffer {
  const head = encodeMessage((writer) => RangeResponse.encode({ header, kvs: [], more, count: BigInt(count) }, writer));
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

/** Ranges from here on are not copied through the writer, whose memory would grow with them. */
const longRangeBytes = 64 * 1024;

/** Replies as bytes: a repeated field 1 of messages with the id in field 1 and the range in field 2. */
export function encodeReplies(replies: readonly EncodedReply[]): Buffer {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < replies.length; ) {
    const end = endOfShort(replies, at);
    if (end > at) chunks.push(encodeShort(replies.slice(at, end)));
    const long = replies[end];
    if (long !== undefined && 'range' in long) chunks.push(...rangeReply(long.id, long.range));
    at = end + 1;
  }
  const [only] = chunks;
  return chunks.length === 1 && Buffer.isBuffer(only) ? only : Buffer.concat(chunks);
}

/** The first reply from here on that is a long range, or the end. */
function endOfShort(replies: readonly EncodedReply[], from: number): number {
  const found = replies.findIndex((reply, at) => at >= from && 'range' in reply && reply.range.length >= longRangeBytes);
  return found === -1 ? replies.length : found;
}

function encodeShort(replies: readonly EncodedReply[]): Buffer {
  return encodeMessage((writer) => {
    for (const reply of replies) {
      writer.uint32(0x0a).fork();
      if ('range' in reply) Reply.encode({ id: reply.id, reply: undefined }, writer).uint32(0x12).bytes(reply.range);
      else Reply.encode(reply, writer);
      writer.join();
    }
  });
}

function rangeReply(id: bigint, range: Uint8Array): Uint8Array[] {
  const start = encodeMessage((writer) => Reply.encode({ id, reply: undefined }, writer).uint32(0x12).uint32(range.length));
  const head = Buffer.allocUnsafe(1 + varintLength(start.length + range.length));
  head[0] = 0x0a;
  putVarint(head, 1, start.length + range.length);
  return [head, start, range];
}
