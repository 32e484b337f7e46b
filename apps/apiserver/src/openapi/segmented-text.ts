import { joinedCrc } from './crc.ts';
import { textOf, type Segment } from './segment.ts';

/** RFC 1952: magic, deflate, no flags, no time, no extra, an unknown system. */
const gzipHead = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);
/** The last block, of nothing. */
const lastBlock = Uint8Array.of(0x03, 0x00);
const gzipTailBytes = 8;

/** A long text as segments, which it shares with others: it takes no memory of its own, compressed or not. */
export class SegmentedText {
  /** Of the text, in bytes. */
  readonly length: number;
  /** Of the text as a gzip file. */
  readonly zippedLength: number;
  readonly #segments: readonly Segment[];
  readonly #crc: number;

  constructor(segments: readonly Segment[]) {
    this.#segments = segments;
    let [length, deflated, crc] = [0, 0, 0];
    for (const segment of segments) {
      length += segment.length;
      deflated += segment.deflated.length;
      crc = joinedCrc(crc, segment.crc, segment.shift);
    }
    this.length = length;
    this.zippedLength = gzipHead.length + deflated + lastBlock.length + gzipTailBytes;
    this.#crc = crc;
  }

  /** In pieces; each is made when it is asked for. */
  *plain(): Generator<Uint8Array, void, undefined> {
    for (const segment of this.#segments) yield textOf(segment);
  }

  /** The same as a gzip file, in pieces. */
  *zipped(): Generator<Uint8Array, void, undefined> {
    yield gzipHead;
    for (const { deflated } of this.#segments) yield deflated;
    yield lastBlock;
    const tail = Buffer.alloc(gzipTailBytes);
    tail.writeUInt32LE(this.#crc, 0);
    tail.writeUInt32LE(this.length % 2 ** 32, 4);
    yield tail;
  }
}
