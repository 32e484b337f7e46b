import { describe, expect, test } from 'vitest';
import { encodeHeaders, HpackDecoder } from './hpack.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const first = [[':method', 'GET'], [':scheme', 'http'], [':path', '/'], [':authority', 'www.example.com']];

describe('the examples of RFC 7541', () => {
  test.each([
    ['C.3, without Huffman', '828684410f7777772e6578616d706c652e636f6d', '828684be58086e6f2d6361636865', '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565'],
    ['C.4, with Huffman', '828684418cf1e3c2e5f23a6ba0ab90f4ff', '828684be5886a8eb10649cbf', '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf'],
  ])('%s', (_, ...blocks) => {
    const decoder = new HpackDecoder();
    expect(decoder.decode(hex(blocks[0] ?? ''))).toEqual(first);
    expect(decoder.decode(hex(blocks[1] ?? ''))).toEqual([...first, ['cache-control', 'no-cache']]);
    expect(decoder.decode(hex(blocks[2] ?? ''))).toEqual([[':method', 'GET'], [':scheme', 'https'], [':path', '/index.html'], [':authority', 'www.example.com'], ['custom-key', 'custom-value']]);
  });
});

test('a block that is remembered is forgotten when the table changes', () => {
  const decoder = new HpackDecoder();
  const add = (value: string): Buffer => Buffer.concat([hex('40 01'), Buffer.from('a'), Buffer.of(value.length), Buffer.from(value)]);
  decoder.decode(add('x'));
  expect(decoder.decode(hex('be'))).toEqual([['a', 'x']]);
  expect(decoder.decode(hex('be'))).toEqual([['a', 'x']]);
  decoder.decode(add('y'));
  expect(decoder.decode(hex('be'))).toEqual([['a', 'y']]);
  decoder.decode(hex('20'));
  expect(() => decoder.decode(hex('be'))).toThrow('no header has the index 62');
});

test.each([
  ['an index of 0', '80'],
  ['an index beyond the table', 'be'],
  ['a number without an end', 'ffffffffffffffff'],
  ['a number that is cut off', 'ff'],
  ['a text longer than the block', '00 0a 61'],
  ['a table larger than was offered', '3fe23f'],
  ['a change of the table after a header', '82 20'],
  ['a Huffman text that ends in zeros', '00 81 00 01 61'],
  ['a Huffman text with the end of text', '00 84 ffffffff 01 61'],
])('refuses %s', (_, block) => {
  expect(() => new HpackDecoder().decode(hex(block))).toThrow();
});

test('refuses headers that a small block makes large, and reads on', () => {
  const value = 'x'.repeat(2000);
  const block = Buffer.concat([hex('40 01'), Buffer.from('a'), hex('7f d10e'), Buffer.from(value), Buffer.alloc(20, 0xbe)]);
  const decoder = new HpackDecoder();
  expect(decoder.decode(block)).toBeUndefined();
  expect(decoder.decode(block)).toBeUndefined();
  expect(decoder.decode(hex('be'))).toEqual([['a', value]]);
});

test('encodes what it decodes', () => {
  const headers = [[':status', '200'], ['content-type', 'application/grpc'], ['grpc-message', 'y'.repeat(300)], ['x-own', '']] as const;
  expect(new HpackDecoder().decode(encodeHeaders(headers))).toEqual(headers);
});
