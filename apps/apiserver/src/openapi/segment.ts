import { promisify } from 'node:util';
import { constants, crc32, deflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib';
import { crcShift } from './crc.ts';

/**
 * A stretch of text in the form in which it can stand anywhere in a gzip file: compressed by itself (RFC 1951), ended at a byte, and not the last block.
 * Texts are put together of such stretches without compressing anything again.
 */
export interface Segment {
  readonly deflated: Uint8Array;
  /** Of the text, in bytes. */
  readonly length: number;
  readonly crc: number;
  /** `crcShift` of the length. */
  readonly shift: number;
}

const compress = promisify(deflateRaw);
const options = { finishFlush: constants.Z_SYNC_FLUSH };
/** What takes longer than a millisecond is done by another thread. */
const inlineBytesMax = 48 * 1024;

export async function segmentOf(text: Uint8Array): Promise<Segment> {
  const deflated = text.length > inlineBytesMax ? await compress(text, options) : deflateRawSync(text, options);
  // A copy: what zlib gives is a part of a larger buffer, and this is kept.
  return { deflated: new Uint8Array(deflated), length: text.length, crc: crc32(text), shift: crcShift(text.length) };
}

/** For the few bytes between two others: as they are, in a block of their own. At most 65,535. */
export function plainSegment(text: Uint8Array): Segment {
  const deflated = new Uint8Array(5 + text.length);
  // Not the last block, not compressed, its length, and that in ones' complement.
  new DataView(deflated.buffer).setUint16(1, text.length, true);
  new DataView(deflated.buffer).setUint16(3, ~text.length & 0xffff, true);
  deflated.set(text, 5);
  return { deflated, length: text.length, crc: crc32(text), shift: crcShift(text.length) };
}

export function textOf({ deflated, length }: Segment): Uint8Array {
  return inflateRawSync(deflated, { ...options, chunkSize: Math.max(64, length + 1) });
}
