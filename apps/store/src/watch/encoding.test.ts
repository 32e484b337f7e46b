import { expect, test } from 'vitest';
import { encodeKeyValue } from '@rhythm/mvcc';
import { WatchResponse } from '@rhythm/proto/etcd';
import { encodeWatchResponse } from './encoding.ts';

const kv = (value: string, modRevision: bigint) => ({ key: Buffer.from('k'), createRevision: 2n, modRevision, version: 3n, value: Buffer.from(value), lease: 0n });
const put = { type: 0 as const, kv: kv('x'.repeat(300), 5n), prevKv: kv('before', 4n) };
const remove = { type: 1 as const, kv: kv('', 6n), prevKv: undefined };
const stored = { type: 0 as const, kv: put.kv, prevKv: undefined, stored: encodeKeyValue(put.kv) };
const header = { clusterId: 0xffff_ffff_ffff_fff1n, memberId: 7n, revision: 6n, raftTerm: 2n };
const plain = { header, watchId: 0n, created: false, canceled: false, compactRevision: 0n, cancelReason: '', fragment: false, events: [put, remove] };

test.each<[string, WatchResponse]>([
  ['the watch 0', plain],
  ['a watch of many, in fragments', { ...plain, watchId: 300n, fragment: true }],
  ['what is encoded as it is stored', { ...plain, events: [stored, remove, stored, put] }],
  ['the largest number a caller may choose', { ...plain, watchId: 0x7fff_ffff_ffff_ffffn }],
  ['progress of the whole stream', { ...plain, watchId: -1n, events: [] }],
  ['a cancellation', { ...plain, canceled: true, cancelReason: 'gone', compactRevision: 9n, events: [] }],
])('says what the generated encoder says: %s', (_, response) => {
  const expected = WatchResponse.decode(WatchResponse.encode(response).finish());
  // Twice: the second time from what is remembered.
  for (let turn = 0; turn < 2; turn++) expect(WatchResponse.decode(Uint8Array.from(encodeWatchResponse(response)))).toEqual(expected);
});
