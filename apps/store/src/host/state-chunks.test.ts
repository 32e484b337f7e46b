import { describe, expect, it } from 'vitest';
import type { SpaceWrite } from '@rhythm/disk';
import { decodeState, encodeState } from './state-chunks.ts';

type Entries = Array<[Uint8Array, Uint8Array]>;

async function chunksOf(entries: Entries): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of encodeState((async function* () {
    yield entries;
  })())) chunks.push(chunk);
  return chunks;
}

async function decoded(chunks: readonly Uint8Array[]): Promise<SpaceWrite[]> {
  const writes: SpaceWrite[] = [];
  await decodeState((async function* () {
    yield* chunks;
  })(), async (batch) => {
    for (const write of batch) writes.push({ key: write.key.slice(), value: (write.value as Uint8Array).slice() });
  });
  return writes;
}

const entries: Entries = [
  [Buffer.from('a'), Buffer.from('1')],
  [Buffer.from('b'), new Uint8Array(0)],
  [Buffer.from('c'), Buffer.alloc(1_400_000, 7)],
  ...Array.from({ length: 2000 }, (_, n): [Uint8Array, Uint8Array] => [Buffer.from(`k${n}`), Buffer.alloc(300, n)]),
];

describe('a state in chunks', () => {
  it('arrives as it was, wherever the chunks are cut, none of them long', async () => {
    const chunks = await chunksOf(entries);
    expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(256 * 1024);
    const whole = Buffer.concat(chunks);
    const small = Array.from({ length: Math.ceil(whole.length / 4099) }, (_, at) => whole.subarray(at * 4099, (at + 1) * 4099));
    for (const pieces of [chunks, small]) {
      const writes = await decoded(pieces);
      expect(writes).toHaveLength(entries.length);
      expect(writes.every(({ key, value }, at) => Buffer.compare(key, entries[at]?.[0] as Uint8Array) === 0 && Buffer.compare(value as Uint8Array, entries[at]?.[1] as Uint8Array) === 0)).toBe(true);
    }
  });

  it('is refused when it is cut short, damaged, or goes on behind its end', async () => {
    const whole = Buffer.concat(await chunksOf(entries.slice(0, 2)));
    await expect(decoded([whole.subarray(0, whole.length - 1)])).rejects.toThrow('cut short');
    await expect(decoded([whole.subarray(0, whole.length - 8)])).rejects.toThrow('cut short');
    const damaged = Buffer.from(whole);
    damaged[9] = (damaged[9] ?? 0) ^ 1;
    await expect(decoded([damaged])).rejects.toThrow(/damaged|cut short/);
    await expect(decoded([whole, whole])).rejects.toThrow('behind its end');
    await expect(decoded([Buffer.alloc(16, 0xfe)])).rejects.toThrow('too long');
    await expect(decoded([])).rejects.toThrow('cut short');
  });
});
