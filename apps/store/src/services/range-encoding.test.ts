import { expect, test } from 'vitest';
import { RangeResponse } from '@rhythm/proto/etcd';
import { Replies, type Reply } from '@rhythm/proto/store';
import { encodeRange, encodeReplies, type EncodedReply } from './range-encoding.ts';

const header = { clusterId: 0xffff_ffff_ffff_fff1n, memberId: 7n, revision: 300n, raftTerm: 2n };
const range = (id: bigint, bytes: number): EncodedReply => ({ id, range: encodeRange(header, bytes === 0 ? [] : [Buffer.concat([Buffer.of(0x0a, 1, 0x6b, 0x2a), lengthOf(bytes), Buffer.alloc(bytes, 'v')])], false, bytes === 0 ? 0 : 1) });
const txn = (id: bigint): Reply => ({ id, reply: { $case: 'txn', value: { header, succeeded: true, responses: [{ response: { $case: 'responsePut', value: { header, prevKv: undefined } } }] } } });
const failure = (id: bigint): Reply => ({ id, reply: { $case: 'failure', value: { code: 5, message: 'none' } } });

/** A varint of three bytes. */
function lengthOf(bytes: number): Buffer {
  return Buffer.of((bytes & 0x7f) | 0x80, ((bytes >> 7) & 0x7f) | 0x80, bytes >> 14);
}

/** What the generated encoder says of them. */
function generated(replies: readonly EncodedReply[]): Reply[] {
  return replies.map((reply) => ('range' in reply ? { id: reply.id, reply: { $case: 'range', value: RangeResponse.decode(reply.range) } } : reply));
}

test.each<[string, readonly EncodedReply[]]>([
  ['nothing', []],
  ['one transaction', [txn(1n)]],
  ['short and long ranges among others', [range(1n, 20_000), txn(2n), range(3n, 100_000), range(4n, 200_000), failure(5n), range(6n, 0)]],
  ['a long range alone', [range(900n, 150_000)]],
])('replies are encoded as the generated encoder does: %s', (_, replies) => {
  const decoded = Replies.decode(encodeReplies(replies));
  // As bytes: comparing long values one by one takes minutes.
  expect(Buffer.compare(Replies.encode(decoded).finish(), Replies.encode({ replies: generated(replies) }).finish())).toBe(0);
  expect(decoded.replies).toHaveLength(replies.length);
});
