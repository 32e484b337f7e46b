import { BinaryWriter } from '@bufbuild/protobuf/wire';

/** A larger message gives its buffer back. */
const keptBytesMax = 2 * 1024 * 1024;

let kept: BinaryWriter | undefined;

/**
 * What `write` writes, in memory of its own. The writer, which grows by doubling, is used again and again: a new one for each message costs
 * five times a value's length in garbage.
 */
export function encodeMessage(write: (writer: BinaryWriter) => void): Buffer {
  const writer = kept ?? new BinaryWriter();
  // Nobody else writes into it meanwhile; one in which something failed is not used again.
  kept = undefined;
  write(writer);
  const { buffer, byteOffset, byteLength } = writer.finish();
  if (byteLength <= keptBytesMax) kept = writer;
  return Buffer.from(buffer, byteOffset, byteLength);
}
