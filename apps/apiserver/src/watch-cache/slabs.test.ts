import { randomInt, seededRandom } from '@rhythm/base';
import { expect, test } from 'vitest';
import { Held } from './held.ts';
import { Packer } from './packer.ts';
import { recentSlabsMax, slabBytes, Slabs } from './slabs.ts';

const made = (serial: number, length: number): Held => new Held(Buffer.alloc(length, serial % 251));

test('whatever comes and goes, everybody keeps their bytes, and no more than twice as many and what is recent are in use', () => {
  const random = seededRandom(11);
  const slabs = new Slabs();
  const held = new Map<number, Held>();
  let live = 0;
  for (let serial = 0; serial < 20_000; serial++) {
    const one = made(serial, 100 + randomInt(random, 6_000));
    slabs.keep(one);
    held.set(serial, one);
    live += one.bytes.length;
    // Most go soon, some stay for long: what is left stands between what has gone.
    for (const old of [serial - 40, randomInt(random, serial + 1)]) {
      const gone = held.get(old);
      if (gone === undefined || (old % 7 === 0 && random.next() < 0.9)) continue;
      held.delete(old);
      live -= gone.bytes.length;
      slabs.drop(gone);
    }
    if (slabs.live !== live || slabs.bytes > 2 * live * 1.05 + (2 + recentSlabsMax) * slabBytes) expect.fail(`after ${serial}: ${slabs.bytes} bytes for ${slabs.live}, which are ${live}`);
  }
  expect(held.size).toBeGreaterThan(1_000);
  for (const [serial, { bytes }] of held) expect(Buffer.compare(bytes, Buffer.alloc(bytes.length, serial % 251))).toBe(0);
});

test('what was read before it moved, or was let go of, can still be read', () => {
  const slabs = new Slabs();
  const all = Array.from({ length: 200 }, (_, serial) => made(serial, 4_000));
  for (const one of all) slabs.keep(one);
  const read = all.map(({ bytes }) => bytes);
  for (const [serial, one] of all.entries()) if (serial % 10 > 0) slabs.drop(one);
  for (let serial = 0; serial < 400; serial++) slabs.keep(made(serial, 4_000));
  for (let serial = 0; serial < 400; serial++) slabs.keep(made(serial, 4_000));
  expect(all[0]?.bytes.buffer).not.toBe(read[0]?.buffer);
  for (const [serial, bytes] of read.entries()) expect(Buffer.compare(bytes, Buffer.alloc(4_000, serial % 251))).toBe(0);
});

test('to let go twice, or of what was never kept, changes nothing', () => {
  const slabs = new Slabs();
  const [one, other] = [made(1, 10), made(2, 10)];
  slabs.keep(one);
  slabs.keep(one);
  slabs.drop(other);
  expect(slabs.live).toBe(10);
  slabs.drop(one);
  slabs.drop(one);
  expect(slabs.live).toBe(0);
});

test('large bytes have memory of their own, of their size', () => {
  const slabs = new Slabs();
  const large = new Held(Buffer.alloc(3 * slabBytes, 7).subarray(10, slabBytes));
  slabs.keep(large);
  expect([large.bytes.length, large.bytes.buffer.byteLength, slabs.bytes]).toEqual([slabBytes - 10, slabBytes - 10, 0]);
});

test('what resembles each other takes a fraction of its bytes once it is not recent any more, and reads as before wherever it is moved', () => {
  const random = seededRandom(12);
  const [slabs, packer] = [new Slabs(), new Packer()];
  const text = (serial: number): Buffer => Buffer.from(`{"name":"pod-${serial}","uid":"${serial * 7919}",${'"image":"registry.example/team/web:v1","args":["--listen=:8080"],'.repeat(40)}"turn":${serial % 3}}`);
  const held = new Map<number, Held>();
  let length = 0;
  for (let serial = 0; serial < 6_000; serial++) {
    const one = new Held(text(serial));
    slabs.keep(one, packer);
    held.set(serial, one);
    length += one.length;
    const [at, gone] = [serial - 600, held.get(serial - 600)];
    if (gone === undefined || random.next() < 0.2) continue;
    held.delete(at);
    length -= gone.length;
    slabs.drop(gone);
  }
  expect(slabs.bytes).toBeLessThan(length / 2);
  expect([...held.values()].filter(({ isPacked }) => isPacked).length).toBeGreaterThan(held.size / 2);
  for (const [serial, one] of held) expect(Buffer.compare(one.bytes, text(serial))).toBe(0);
  for (const one of held.values()) slabs.drop(one);
  expect(slabs.live).toBe(0);
});
