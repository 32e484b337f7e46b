import { expect, test } from 'vitest';
import { MessageParts } from './message-parts.ts';
import { MessageReader } from './message-reader.ts';
import { message } from './test-caller.ts';

const texts = ['', 'a', 'b'.repeat(300), '', 'c'.repeat(70)];
const bytes = Buffer.concat(texts.map((text) => message(Buffer.from(text))));

test.each([1, 2, 3, 4, 5, 6, 64, 1000])('messages come whole out of pieces of %i bytes', (size) => {
  const [seen, heads]: [string[], number[]] = [[], []];
  const reader = new MessageReader({ onMessageHead: (_, length) => heads.push(length), onMessage: (one) => seen.push(one.toString()) });
  for (let at = 0; at < bytes.length; at += size) reader.take(bytes.subarray(at, at + size), false);
  expect(seen).toEqual(texts);
  expect(reader.isAmid).toBe(false);
  // Once a message, however it was cut.
  expect(heads).toEqual(texts.map((text) => text.length));
});

test('what waits is a copy, and what its head promises costs nothing yet', () => {
  const seen: Buffer[] = [];
  const reader = new MessageReader({ onMessageHead: () => undefined, onMessage: (one) => seen.push(one) });
  const chunk = message(Buffer.from('abc'));
  reader.take(chunk, false);
  chunk.fill(0);
  expect(seen[0]?.toString()).toBe('abc');
  const before = process.memoryUsage().arrayBuffers;
  for (let at = 0; at < 100; at++) new MessageReader({ onMessageHead: () => undefined, onMessage: () => undefined }).take(Buffer.of(0, 0x7f, 0xff, 0xff, 0xff, 1), false);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
});

test('a message in long pieces is put together once, of pieces of any kind', () => {
  const text = 'long '.repeat(20_000);
  for (const sizes of [[16_384], [1, 5000, 3, 16_384], [1023, 1024, 1025], [7]]) {
    const seen: string[] = [];
    const reader = new MessageReader({ onMessageHead: () => undefined, onMessage: (one) => seen.push(one.toString()) });
    const all = Buffer.concat([message(Buffer.from(text)), message(Buffer.from('short'))]);
    for (let at = 0, turn = 0; at < all.length; turn++) {
      const size = sizes[turn % sizes.length] ?? 1;
      // As a socket gives them, each in memory of its own that nobody changes; now and then a few bytes of much.
      const piece = turn % 3 === 0 ? all.subarray(at, at + size) : Buffer.from(all.subarray(at, at + size));
      reader.take(piece, false);
      at += size;
    }
    expect(seen).toEqual([text, 'short']);
  }
});

test('bytes that come one by one are not kept as objects of their own', () => {
  const parts = new MessageParts(100_000);
  for (let at = 0; at < 99_999; at++) parts.add(Buffer.of(at));
  expect(parts.pieces).toBeLessThan(100);
  parts.add(Buffer.of(0));
  expect(parts.join().subarray(0, 3)).toEqual(Buffer.of(0, 1, 2));
});
