import { describe, expect, it } from 'vitest';
import { assembleRange } from './range.ts';
import { checkPut, checkRange, checkTxn } from './check.ts';
import { dataKey, parseDataKey } from './disk-key.ts';
import { decodeKeyValue, encodeKeyValue } from './key-value.ts';
import { keyText, prefixEnd } from './key.ts';
import { Mvcc } from './mvcc.ts';
import { LeaseTimes } from './lease-times.ts';
import { SortedMap } from './sorted-map.ts';
import type { RangeRequest, RequestOp, TxnRequest } from './types.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const put = (key: string, value: string) => ({ key: bytes(key), value: bytes(value), lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false });
const range = (over: Partial<RangeRequest> = {}): RangeRequest => ({
  key: bytes('\0'), rangeEnd: bytes('\0'), limit: 0n, revision: 0n, sortOrder: 0, sortTarget: 0, keysOnly: false, countOnly: false,
  minModRevision: 0n, maxModRevision: 0n, minCreateRevision: 0n, maxCreateRevision: 0n, ...over,
});

/** c=1 at 2, b=2 at 3, a=3 at 4, b=0 at 5. */
function filled(): (over?: Partial<RangeRequest>) => { keys: string; more: boolean; count: number } {
  const disk = new Map<string, Uint8Array>();
  const mvcc = new Mvcc();
  for (const [key, value] of [['c', '1'], ['b', '2'], ['a', '3'], ['b', '0']] as const) {
    const { writes } = mvcc.apply({ $case: 'put', value: put(key, value) }, { get: (k) => disk.get(keyText(k)) });
    for (const write of writes) disk.set(keyText(write.key), write.value ?? bytes(''));
  }
  return (over = {}) => {
    const plan = mvcc.range(range(over));
    const answer = assembleRange(plan, plan.items.map((item) => decodeKeyValue(disk.get(keyText(dataKey(item.revision))) ?? expect.fail('missing'))));
    return { keys: answer.kvs.map((kv) => keyText(kv.key)).join(''), more: answer.more, count: Number(answer.count) };
  };
}

describe('ranges', () => {
  const query = filled();
  it.each([
    [{}, 'abc'],
    [{ sortOrder: 2 }, 'cba'],
    [{ sortTarget: 1, sortOrder: 2 }, 'bac'],
    [{ sortTarget: 1, sortOrder: 1, revision: 3n }, 'bc'],
    [{ sortTarget: 2, sortOrder: 1 }, 'cba'],
    [{ sortTarget: 3 }, 'cab'],
    [{ sortTarget: 4, sortOrder: 1 }, 'bca'],
    [{ sortTarget: 4, sortOrder: 2 }, 'acb'],
    [{ minModRevision: 4n }, 'ab'],
    [{ maxModRevision: 4n }, 'ac'],
    [{ minCreateRevision: 3n, maxCreateRevision: 3n }, 'b'],
    [{ revision: 2n }, 'c'],
    [{ key: bytes('b'), rangeEnd: bytes('\0') }, 'bc'],
    [{ key: bytes('b'), rangeEnd: bytes('') }, 'b'],
    [{ key: bytes('c'), rangeEnd: bytes('a') }, ''],
  ] as Array<[Partial<RangeRequest>, string]>)('%o gives %s', (over, keys) => {
    expect(query(over).keys).toBe(keys);
  });

  it('counts all and says when there is more', () => {
    expect(query({ limit: 2n })).toEqual({ keys: 'ab', more: true, count: 3 });
    expect(query({ limit: 3n })).toEqual({ keys: 'abc', more: false, count: 3 });
    expect(query({ limit: 1n, sortTarget: 4, sortOrder: 2 })).toEqual({ keys: 'a', more: true, count: 3 });
    expect(query({ limit: 1n, minModRevision: 4n })).toEqual({ keys: 'a', more: true, count: 3 });
    expect(query({ countOnly: true })).toEqual({ keys: '', more: false, count: 3 });
  });
});

describe('requests that are refused by themselves', () => {
  const op = (key: string): RequestOp => ({ request: { $case: 'requestPut', value: put(key, '') } });
  const del = (key: string, end: string): RequestOp => ({ request: { $case: 'requestDeleteRange', value: { key: bytes(key), rangeEnd: bytes(end), prevKv: false } } });
  const txn = (success: RequestOp[], failure: RequestOp[] = []): TxnRequest => ({ compare: [], success, failure });
  const nested = (request: TxnRequest): RequestOp => ({ request: { $case: 'requestTxn', value: request } });

  it('finds what is wrong with them', () => {
    expect(checkRange(range({ key: bytes('') }))).toBe('EmptyKey');
    expect(checkRange(range({ sortTarget: -1 }))).toBe('InvalidSortOption');
    expect(checkPut({ ...put('a', 'x'), ignoreValue: true })).toBe('ValueProvided');
    expect(checkPut({ ...put('a', ''), ignoreLease: true, lease: 1n })).toBe('LeaseProvided');
    expect(checkTxn(txn(Array.from({ length: 129 }, (_, n) => op(`k${n}`))))).toBe('TooManyOps');
    expect(checkTxn(txn([op('a'), op('a')]))).toBe('DuplicateKey');
    expect(checkTxn(txn([op('a')], [op('a')]))).toBeUndefined();
    expect(checkTxn(txn([op('b'), del('a', 'c')]))).toBe('DuplicateKey');
    expect(checkTxn(txn([del('a', 'c'), del('a', 'b')]))).toBeUndefined();
    expect(checkTxn(txn([op('a'), nested(txn([op('a')]))]))).toBe('DuplicateKey');
    expect(checkTxn(txn([nested(txn([op('a')], [op('a')])), op('b')]))).toBeUndefined();
    expect(checkTxn(txn([{ request: undefined }]))).toBe('KeyNotFound');
    let deep = txn([op('a')]);
    for (let n = 0; n < 20; n++) deep = txn([nested(deep)]);
    expect(checkTxn(deep)).toBe('TooDeep');
  });
});

it('writes key-values as protobuf does, whatever the numbers', () => {
  const kv = { key: bytes('k'), createRevision: 1n, modRevision: 2n ** 40n, version: 300n, value: bytes('v'.repeat(200)), lease: 2n ** 62n + 5n };
  expect(decodeKeyValue(encodeKeyValue(kv))).toEqual(kv);
  expect(Buffer.from(encodeKeyValue({ ...kv, modRevision: 2n, version: 1n, value: bytes('v'), lease: 0n })).toString('hex')).toBe('0a016b1001180220012a0176');
  expect(decodeKeyValue(encodeKeyValue({ ...kv, lease: -1n })).lease).toBe(-1n);
  expect(() => decodeKeyValue(bytes('\x0a\x05k'))).toThrow('ends inside a field');
});

it('orders keys on disk by revision and reads them back', () => {
  const revisions = [{ main: 1, sub: 0 }, { main: 1, sub: 1 }, { main: 256, sub: 0 }, { main: 2 ** 40, sub: 7 }];
  const texts = revisions.map((r) => keyText(dataKey(r, r.sub === 1)));
  expect(texts.toSorted()).toEqual(texts);
  expect(revisions.map((r) => parseDataKey(dataKey(r, r.sub === 1)))).toEqual(revisions.map((revision) => ({ revision, tombstone: revision.sub === 1 })));
  expect(parseDataKey(bytes('mapplied'))).toBeUndefined();
});

it('finds the end of a prefix', () => {
  expect([prefixEnd(bytes('ab')), prefixEnd(bytes('a\xff')), prefixEnd(bytes('\xff'))].map((end) => end && keyText(end))).toEqual(['ac', 'b', undefined]);
});

it('keeps a sorted map in order over splits and removals', () => {
  const map = new SortedMap<{ key: string }>();
  const keys = Array.from({ length: 3000 }, (_, n) => String((n * 7919) % 3000).padStart(5, '0'));
  for (const key of keys) map.add({ key });
  for (const key of keys.slice(0, 1000)) map.delete(key);
  const left = keys.slice(1000).sort();
  expect(map.entries().map((e) => e.key)).toEqual(left);
  const seen: string[] = [];
  map.forEach({ start: '00100', end: '00200' }, ({ key }) => void seen.push(key));
  expect(seen).toEqual(left.filter((key) => key >= '00100' && key < '00200'));
});

it('gives each lease that ran out once, unless it was renewed', () => {
  const times = new LeaseTimes();
  times.renew(1n, 10n, 0);
  times.renew(2n, 10n, 0);
  times.renew(3n, 10n, 0);
  times.renew(2n, 10n, 5000);
  times.remove(3n);
  expect(times.expired(9_999, 10)).toEqual([]);
  expect(times.remainingSeconds(2n, 9_999)).toBe(5n);
  expect(times.expired(10_000, 10)).toEqual([1n]);
  expect(times.expired(20_000, 10)).toEqual([2n]);
});
