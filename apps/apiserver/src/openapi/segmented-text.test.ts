import { gunzipSync, crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { crcShift, joinedCrc } from './crc.ts';
import { plainSegment, segmentOf } from './segment.ts';
import { SegmentedText } from './segmented-text.ts';

const bytes = (length: number, seed: number): Buffer => Buffer.from(Array.from({ length }, (_, at) => (at * seed + (at >> 3)) & 0xff));

describe('a text in segments', () => {
  test.each([[[]], [[0]], [[1, 0, 1]], [[10, 65_535, 100_000, 7]], [[48 * 1024, 48 * 1024 + 1]]])('of %s bytes is what was put into it, plain and as a gzip file', async (lengths) => {
    const texts = lengths.map((length, at) => bytes(length, at + 3));
    const text = new SegmentedText(await Promise.all(texts.map(async (one, at) => (at % 2 === 1 && one.length < 65_536 ? plainSegment(one) : segmentOf(one)))));
    const whole = Buffer.concat(texts);
    const zipped = Buffer.concat([...text.zipped()]);
    expect(Buffer.concat([...text.plain()]).equals(whole)).toBe(true);
    // It checks the CRC and the length as well.
    expect(gunzipSync(zipped).equals(whole)).toBe(true);
    expect([text.length, text.zippedLength]).toEqual([whole.length, zipped.length]);
  });

  test('shares its segments with others', async () => {
    const [a, b] = await Promise.all([segmentOf(Buffer.from('a'.repeat(5000))), segmentOf(Buffer.from('b'.repeat(7000)))]);
    for (const [segments, expected] of [[[a, b], `${'a'.repeat(5000)}${'b'.repeat(7000)}`], [[b, a, b], `${'b'.repeat(7000)}${'a'.repeat(5000)}${'b'.repeat(7000)}`]] as const) {
      expect(gunzipSync(Buffer.concat([...new SegmentedText(segments).zipped()])).toString()).toBe(expected);
    }
  });
});

test('the checksum of two texts is that of both', () => {
  for (const [first, second] of [[0, 0], [0, 9], [9, 0], [1, 1], [1000, 70_000], [70_000, 3]] as const) {
    const [a, b] = [bytes(first, 5), bytes(second, 11)];
    expect(joinedCrc(crc32(a), crc32(b), crcShift(b.length))).toBe(crc32(Buffer.concat([a, b])));
  }
});
