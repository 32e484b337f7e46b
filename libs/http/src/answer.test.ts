import { PassThrough, Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { readAnswer } from './answer.ts';

test('an answer as long as it may be is read, in order', async () => {
  expect(String(await readAnswer(Readable.from([Buffer.from('ab'), Buffer.from('c')]), 3))).toBe('abc');
  expect(await readAnswer(Readable.from([]), 0)).toHaveLength(0);
});

test('one byte more is refused and the rest not taken', async () => {
  class Refused extends Error {}
  const answer = new PassThrough();
  answer.write('abcd');
  await expect(readAnswer(answer, 3, (why) => new Refused(why))).rejects.toThrow(new Refused('the answer has more than 3 bytes'));
  expect(answer.destroyed).toBe(true);
});

test('a connection that breaks off is no answer', async () => {
  const answer = new PassThrough();
  answer.write('ab');
  const read = readAnswer(answer, 10);
  answer.destroy(new Error('gone'));
  await expect(read).rejects.toThrow('gone');
});
