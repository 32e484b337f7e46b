import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { joinPieces, Outbox, piecesOf } from './outbox.ts';

function setUp(options: { messageBytesMax?: number; highWaterBytes?: number } = {}) {
  const messages: string[][] = [];
  let gate: Promise<void> = Promise.resolve();
  const outbox = new Outbox<string>({
    send: async (frames) => {
      messages.push(frames);
      await gate;
    },
    ...options,
  });
  return {
    messages,
    outbox,
    hold: () => {
      const held = Promise.withResolvers<void>();
      gate = held.promise;
      return held.resolve;
    },
  };
}

describe('outbox', () => {
  test('sends what one turn produces in one message', async () => {
    const { messages, outbox } = setUp();
    for (let i = 1; i <= 5; i++) outbox.push(BigInt(i), `f${i}`, 10);
    await Promise.resolve();
    expect(messages).toEqual([]);
    await setImmediate();
    expect(messages).toEqual([['f1', 'f2', 'f3', 'f4', 'f5']]);
    expect(outbox.queuedBytes).toBe(0);
  });

  test('conversations take turns, and each keeps its order', async () => {
    const { messages, outbox } = setUp({ messageBytesMax: 100 });
    for (let i = 1; i <= 4; i++) outbox.push(1n, `a${i}`, 60);
    outbox.push(2n, 'b1', 10);
    outbox.push(3n, 'c1', 10);
    await setImmediate();
    await setImmediate();
    expect(messages.flat()).toEqual(['a1', 'b1', 'c1', 'a2', 'a3', 'a4']);
    for (const message of messages) expect(message.length).toBeGreaterThan(0);
  });

  test('several frames of one conversation fit in one message', async () => {
    const { messages, outbox } = setUp();
    for (let i = 1; i <= 3; i++) outbox.push(1n, `a${i}`, 10);
    await setImmediate();
    expect(messages).toEqual([['a1', 'a2', 'a3']]);
  });

  test('a frame larger than a message goes alone', async () => {
    const { messages, outbox } = setUp({ messageBytesMax: 100 });
    outbox.push(1n, 'big', 1_000);
    outbox.push(2n, 'small', 1);
    await setImmediate();
    expect(messages).toEqual([['big'], ['small']]);
  });

  test('ready waits above the high-water mark, until the transport takes more', async () => {
    const { outbox, hold } = setUp({ messageBytesMax: 100, highWaterBytes: 150 });
    const release = hold();
    for (let i = 0; i < 3; i++) outbox.push(BigInt(i), 'x', 90);
    await setImmediate();
    let ready = false;
    const waiting = outbox.ready().then(() => (ready = true));
    await setImmediate();
    expect(ready).toBe(false);
    release();
    await waiting;
    expect(outbox.queuedBytes).toBeLessThan(150);
  });

  test('those that wait to push do not pass the mark together, and one that was aborted does not push', async () => {
    const { messages, outbox, hold } = setUp({ messageBytesMax: 100, highWaterBytes: 150 });
    const release = hold();
    const abort = new AbortController();
    const live = new AbortController().signal;
    for (let i = 0; i < 3; i++) outbox.push(BigInt(i), 'x', 90);
    let most = 0;
    const waiting = Array.from({ length: 10 }, (_, i) =>
      outbox.pushWhenReady(BigInt(10 + i), `w${i}`, 90, i === 3 ? abort.signal : live).then(() => (most = Math.max(most, outbox.queuedBytes))),
    );
    abort.abort();
    await setImmediate();
    release();
    await Promise.all(waiting);
    for (let turn = 0; turn < 20; turn++) await setImmediate();
    expect(most).toBeLessThan(150 + 90 + 32);
    expect(messages.flat()).toEqual(['x', 'x', 'x', 'w0', 'w1', 'w2', 'w4', 'w5', 'w6', 'w7', 'w8', 'w9']);
  });

  test('what is dropped is not sent, and a failed send closes', async () => {
    const sent: string[][] = [];
    const outbox = new Outbox<string>({
      send: (frames) => {
        sent.push(frames);
        return Promise.reject(new Error('over'));
      },
    });
    outbox.push(1n, 'a', 1);
    outbox.push(2n, 'b', 1);
    outbox.drop(1n);
    await setImmediate();
    await setImmediate();
    outbox.push(3n, 'c', 1);
    await setImmediate();
    expect(sent).toEqual([['b']]);
    await outbox.ready();
  });
});

test('pieces of a body are views of it and make it whole again', () => {
  const body = Buffer.from('0123456789');
  const pieces = [...piecesOf(body, 4)];
  expect(pieces.map((p) => [Buffer.from(p.piece).toString(), p.more])).toEqual([['0123', true], ['4567', true], ['89', false]]);
  expect(pieces[0]?.piece.buffer).toBe(body.buffer);
  expect(Buffer.from(joinPieces(pieces.map((p) => p.piece))).toString()).toBe('0123456789');
  expect([...piecesOf(new Uint8Array(), 4)]).toEqual([{ piece: new Uint8Array(), more: false }]);
  expect([...piecesOf(body, 10)]).toHaveLength(1);
});
