import { crc32 } from 'node:zlib';
import type { SpaceWrite } from '@rhythm/disk';

/** Bytes of one chunk, about. */
const chunkBytesMax = 256 * 1024;
/** Bytes written to the new space at a time, about. */
const batchBytesMax = 4 * 1024 * 1024;
/** Keys are revisions and short names. */
const keyBytesMax = 64 * 1024;
const valueBytesMax = 64 * 1024 * 1024;
const headBytes = 8;
/** In the place of a key's length: the end, followed by the checksum. */
const endMark = 0xffff_ffff;

/**
 * A key space as chunks: each entry as two lengths (4 bytes, little endian), key and value; at the end a mark and the checksum (CRC-32)
 * of all before it. Chunks end anywhere.
 */
export async function* encodeState(entries: AsyncIterable<ReadonlyArray<readonly [Uint8Array, Uint8Array]>>): AsyncGenerator<Uint8Array> {
  let crc = 0;
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  const take = (): Uint8Array => {
    const chunk = Buffer.concat(pieces);
    crc = crc32(chunk, crc);
    pieces = [];
    bytes = 0;
    return chunk;
  };
  for await (const slice of entries) {
    for (const [key, value] of slice) {
      pieces.push(head(key.length, value.length), key, value);
      bytes += headBytes + key.length + value.length;
      if (bytes >= chunkBytesMax) yield* split(take());
    }
  }
  yield* split(take());
  yield head(endMark, crc);
}

/** Writes the entries of a state that arrives, in batches. Throws when it is cut short or damaged. */
export async function decodeState(chunks: AsyncIterable<Uint8Array>, write: (batch: SpaceWrite[]) => Promise<void>): Promise<void> {
  let crc = 0;
  let rest: Uint8Array = new Uint8Array(0);
  let batch: SpaceWrite[] = [];
  let bytes = 0;
  let isComplete = false;
  for await (const chunk of chunks) {
    const buffer = Buffer.concat([rest, chunk]);
    let at = 0;
    while (buffer.length - at >= headBytes) {
      const [keyLength, valueLength] = [buffer.readUInt32LE(at), buffer.readUInt32LE(at + 4)];
      if (isComplete) throw new Error('the state that arrives goes on behind its end');
      if (keyLength === endMark) {
        if (crc32(buffer.subarray(0, at), crc) !== valueLength) throw new Error('the state that arrived is damaged: its checksum is wrong');
        isComplete = true;
        at += headBytes;
        continue;
      }
      if (keyLength > keyBytesMax || valueLength > valueBytesMax) throw new Error('the state that arrives is damaged: an entry is too long');
      const end = at + headBytes + keyLength + valueLength;
      if (end > buffer.length) break;
      const keyEnd = at + headBytes + keyLength;
      batch.push({ key: buffer.subarray(at + headBytes, keyEnd), value: buffer.subarray(keyEnd, end) });
      bytes += end - at;
      at = end;
    }
    crc = crc32(buffer.subarray(0, at), crc);
    rest = buffer.subarray(at);
    if (bytes < batchBytesMax) continue;
    await write(batch);
    batch = [];
    bytes = 0;
  }
  if (!isComplete || rest.length > 0) throw new Error('the state that arrived is cut short');
  await write(batch);
}

/** A chunk with a long value goes in pieces: what carries it has a limit of its own. */
function* split(chunk: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < chunk.length; at += chunkBytesMax) yield chunk.subarray(at, at + chunkBytesMax);
}

function head(first: number, second: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(headBytes);
  bytes.writeUInt32LE(first, 0);
  bytes.writeUInt32LE(second, 4);
  return bytes;
}
