import { randomInt, seededRandom, type Random } from '@rhythm/base';
import { expect, test } from 'vitest';
import { Held } from './held.ts';
import { Packer, packerOf } from './packer.ts';
import { Dictionary, dictionaryBytes, packedOverheadBytes } from './packing.ts';

const target = Buffer.alloc(2 * dictionaryBytes);

function unpacked(dictionary: Dictionary, packed: Uint8Array, length: number): Buffer {
  const out = Buffer.alloc(length + 2, 0xee);
  dictionary.unpack(packed, 0, length, out, 1);
  // Not a byte before or behind.
  expect([out[0], out[length + 1]]).toEqual([0xee, 0xee]);
  return out.subarray(1, length + 1);
}

/** Pieces of what others say, in any order, and pieces that nobody else says, of few or of all letters. */
function someBytes(random: Random, words: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  for (let count = randomInt(random, 30); count > 0; count--) {
    const word = words[randomInt(random, words.length)] as Buffer;
    const from = randomInt(random, word.length);
    const letters = random.next() < 0.5 ? 2 : 256;
    parts.push(random.next() < 0.6 ? word.subarray(from, from + randomInt(random, word.length)) : Buffer.from(Array.from({ length: randomInt(random, 90) }, () => randomInt(random, letters))));
  }
  return Buffer.concat(parts).subarray(0, 16 * 1024);
}

test('whatever is packed is unpacked to the same bytes, also when the dictionary has learned others since, and is hardly ever longer', () => {
  const random = seededRandom(5);
  const words = Array.from({ length: 12 }, () => Buffer.from(Array.from({ length: 1 + randomInt(random, 900) }, () => randomInt(random, 256))));
  for (let round = 0; round < 4; round++) {
    const dictionary = new Dictionary();
    const all = Array.from({ length: 250 }, (_, at) => {
      const bytes = at === 0 ? Buffer.alloc(0) : someBytes(random, words);
      const size = dictionary.pack(bytes, target);
      expect(size).toBeLessThanOrEqual(bytes.length + packedOverheadBytes);
      return { bytes, packed: Buffer.from(target.subarray(0, size)) };
    });
    for (const { bytes, packed } of all) if (Buffer.compare(unpacked(dictionary, packed, bytes.length), bytes) !== 0) expect.fail(`${bytes.toString('hex')} is not what ${packed.toString('hex')} says`);
  }
});

test('the beginning of what is packed can be unpacked alone', () => {
  const dictionary = new Dictionary();
  const bytes = Buffer.from('{"metadata":{"name":"a","namespace":"default"},"spec":{"replicas":1}}');
  dictionary.pack(bytes, target);
  const changed = Buffer.from(bytes.toString().replace('"a"', '"another"'));
  const packed = Buffer.from(target.subarray(0, dictionary.pack(changed, target)));
  expect(packed.length).toBeLessThan(changed.length / 2);
  for (let length = 0; length <= changed.length; length++) expect(unpacked(dictionary, packed, length).toString()).toBe(changed.toString('utf8', 0, length));
});

test('bytes of one letter and bytes that are all different cost no more than looking at each a few times', () => {
  const dictionary = new Dictionary();
  // Every place of the dictionary starts like every place of what follows.
  const same = Buffer.alloc(16 * 1024, 'a');
  for (let turn = 0; turn < 8; turn++) dictionary.pack(same, target);
  const near = Buffer.from(Array.from({ length: 2_000 }, () => 'aaaaaaab').join(''));
  for (const bytes of [same, near]) {
    const size = dictionary.pack(bytes, target);
    expect(unpacked(dictionary, Buffer.from(target.subarray(0, size)), bytes.length).equals(bytes)).toBe(true);
  }
});

const shape = (name: string, serial: number): Buffer => Buffer.from(`{"kind":"${name}","serial":${serial},${`"${name} says much that others say too, again and again":true,`.repeat(50)}"end":0}`);

test('few bytes get no dictionary, many do, and other ones another when what comes has changed', () => {
  const packer = new Packer();
  expect(packer.pack(shape('first', 0), target)).toBeUndefined();
  const packed = (name: string, count: number): Array<ReturnType<Packer['pack']>> => Array.from({ length: count }, (_, serial) => packer.pack(shape(name, serial), target));
  const early = packed('first', 2_000).at(-1);
  expect(early?.size).toBeLessThan(200);
  const late = packed('another', 2_000).at(-1);
  expect(late?.size).toBeLessThan(200);
  // What was packed with the first is read with the first.
  const bytes = shape('first', 1);
  const held = new Held(bytes);
  const again = packer.pack(bytes, target);
  held.place = { buffer: Buffer.from(target.subarray(0, again?.size)) };
  held.dictionary = again?.dictionary;
  expect(Buffer.from(held.bytes).equals(bytes)).toBe(true);
});

test('what shares nothing with anything is kept as it is', () => {
  const random = seededRandom(6);
  const packer = new Packer();
  const noise = (): Buffer => Buffer.from(Array.from({ length: 1_000 }, () => randomInt(random, 256)));
  for (let serial = 0; serial < 1_500; serial++) expect(packer.pack(noise(), target)).toBeUndefined();
});

test('secrets are never packed: what a dictionary has learned of them would outlive them', () => {
  expect(packerOf({ group: '', plural: 'secrets' })).toBeUndefined();
  expect(packerOf({ group: '', plural: 'pods' })).toBeInstanceOf(Packer);
});
