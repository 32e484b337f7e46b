import { crc32 } from 'node:zlib';

/**
 * A record on disk: payload length, checksum, `syncs * 2 + closes` (4 bytes each, little endian), payload.
 * `syncs` counts the syncs that were complete when the record was written; `closes` marks the last record before a
 * sync. The checksum covers the record's place in the log as well, so that a block that ends up elsewhere is noticed.
 */
export const recordHeaderBytes = 12;
export const recordBytesMax = 64 * 1024 * 1024;

export interface Record {
  readonly payload: Uint8Array;
  readonly syncs: number;
  readonly closes: boolean;
  /** First byte after it. */
  readonly end: number;
}

/** Where in the log a record stands, and what is known of syncs there. */
export interface RecordPlace {
  readonly segment: number;
  /** In the segment. */
  readonly at: number;
  readonly syncs: number;
  readonly closes: boolean;
}

/** Writes the header of a record at `start`; the payload follows it already. */
export function writeHeader(into: Buffer, start: number, length: number, { segment, at, syncs, closes }: RecordPlace): void {
  const mark = ((syncs % 0x4000_0000) * 2 + (closes ? 1 : 0)) >>> 0;
  const payload = into.subarray(start + recordHeaderBytes, start + recordHeaderBytes + length);
  into.writeUInt32LE(length, start);
  into.writeUInt32LE(checksum(payload, segment, at, mark), start + 4);
  into.writeUInt32LE(mark, start + 8);
}

/** The record at `at`; undefined when there is no whole and valid one. */
export function readRecord(bytes: Uint8Array, segment: number, at: number): Record | undefined {
  if (at + recordHeaderBytes > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, recordHeaderBytes);
  const length = view.getUint32(0, true);
  const end = at + recordHeaderBytes + length;
  if (length === 0 || length > recordBytesMax || end > bytes.length) return undefined;
  const payload = bytes.subarray(at + recordHeaderBytes, end);
  const mark = view.getUint32(8, true);
  if (checksum(payload, segment, at, mark) !== view.getUint32(4, true)) return undefined;
  return { payload, syncs: mark >>> 1, closes: (mark & 1) === 1, end };
}

const place = Buffer.alloc(16);

function checksum(payload: Uint8Array, segment: number, at: number, mark: number): number {
  place.writeDoubleLE(segment, 0);
  place.writeUInt32LE(at, 8);
  place.writeUInt32LE(mark, 12);
  return crc32(payload, crc32(place));
}
