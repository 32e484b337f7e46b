import { expect, test } from 'vitest';
import { FrameReader } from './frame-reader.ts';
import { flags, frameTypes } from './frames.ts';
import { frame, hello } from './test-caller.ts';

const body = Buffer.from(Array.from({ length: 300 }, (_, at) => at % 251));
const padded = Buffer.concat([Buffer.of(3), Buffer.from('padded'), Buffer.alloc(3)]);
const bytes = Buffer.concat([
  hello,
  frame(frameTypes.headers, flags.endHeaders, 1, Buffer.from('head')),
  frame(frameTypes.data, 0, 1, body),
  frame(frameTypes.data, flags.padded, 1, padded),
  frame(frameTypes.data, 0, 1),
  frame(frameTypes.ping, 0, 0, Buffer.from('01234567')),
  frame(frameTypes.data, 0, 3, Buffer.from('of another')),
  frame(frameTypes.data, flags.endStream, 1, body),
  frame(frameTypes.data, flags.endStream, 3),
]);

interface Seen {
  readonly words: string[];
  readonly data: Map<number, Buffer>;
  cost: number;
  frames: number;
}

/** What a handler is told when the bytes come in pieces of this size. */
function read(size: number): Seen {
  const seen: Seen = { words: [], data: new Map(), cost: 0, frames: 0 };
  const add = (id: number, piece: Buffer, isLast: boolean): void => {
    seen.data.set(id, Buffer.concat([seen.data.get(id) ?? Buffer.alloc(0), piece]));
    if (isLast) seen.words.push(`end of ${id}`);
  };
  const reader = new FrameReader({
    onHeaders: (id, block) => seen.words.push(`headers of ${id}: ${block.toString()}`),
    onData: (id, piece, cost, isLast) => {
      seen.frames++;
      seen.cost += cost;
      add(id, piece, isLast);
    },
    onMoreData: (id, piece, isLast) => {
      expect(piece.length).toBeGreaterThan(0);
      seen.cost += piece.length;
      add(id, piece, isLast);
    },
    onReset: () => undefined,
    onIdleFrame: () => seen.words.push('idle'),
    onSetting: () => undefined,
    onSettingsEnd: () => seen.words.push('settings'),
    onPing: (payload) => seen.words.push(`ping ${payload.toString()}`),
    onWindow: () => undefined,
  });
  for (let at = 0; at < bytes.length; at += size) reader.take(bytes.subarray(at, at + size));
  return seen;
}

test('frames say the same however they are cut, and cost the same', () => {
  const whole = read(bytes.length);
  expect(whole.words).toEqual(['settings', 'headers of 1: head', 'ping 01234567', 'end of 1', 'end of 3']);
  expect(whole.data.get(1)).toEqual(Buffer.concat([body, Buffer.from('padded'), body]));
  expect(whole).toMatchObject({ frames: 6, cost: 2 * body.length + padded.length + 10 });
  for (const size of [1, 2, 3, 7, 9, 10, 11, 100, 309, 310, 400]) expect(read(size), `pieces of ${size} bytes`).toEqual(whole);
});
