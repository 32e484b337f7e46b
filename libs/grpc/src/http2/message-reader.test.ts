import { expect, test } from 'vitest';
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
