import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { BoltFile, type BoltSource } from '@rhythm/bolt';

/** Bytes read at a time: pages are mostly read in the order in which they lie. */
const windowBytes = 256 * 1024;
/** What a snapshot that came over the network ends with; the database before it is whole sectors long. */
const trailerBytes = 32;
const sectorBytes = 512;

/** The file is not what it should be; the message names it and what is wrong. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

export interface OpenSnapshot {
  readonly path: string;
  readonly file: BoltFile;
  /** The file ends with the hash of what precedes it, as a snapshot does and the database of a member does not. */
  readonly hasTrailer: boolean;
  close(): Promise<void>;
}

/** Opens a snapshot, or a copy of a member's `snap/db`. Its hash is not looked at. @throws SnapshotError */
export async function openSnapshot(path: string): Promise<OpenSnapshot> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw new SnapshotError(`${path} cannot be read`, { cause: error });
  });
  try {
    const { size } = await handle.stat();
    const file = await BoltFile.open(fileSource(handle, size));
    return { path, file, hasTrailer: size % sectorBytes === trailerBytes, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw new SnapshotError(`${path} is no snapshot, or damaged`, { cause: error });
  }
}

/**
 * Looks at everything that can be damaged: the hash at the end if there is one, every page and every reference between them.
 * @throws SnapshotError naming what is damaged
 */
export async function verifySnapshot({ path, file, hasTrailer }: OpenSnapshot, options: { readonly skipHash: boolean }): Promise<void> {
  try {
    if (hasTrailer && !options.skipHash) await verifyHash(path);
    await file.check();
  } catch (error) {
    throw new SnapshotError(`${path} is damaged`, { cause: error });
  }
}

async function verifyHash(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    const end = (await handle.stat()).size - trailerBytes;
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(windowBytes);
    for (let at = 0; at < end; ) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, end - at), at);
      if (bytesRead === 0) throw new Error(`the file ends at byte ${at}`);
      hash.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
    const wanted = Buffer.alloc(trailerBytes);
    await handle.read(wanted, 0, trailerBytes, end);
    const found = hash.digest();
    if (!found.equals(wanted)) throw new Error(`its SHA-256 is ${found.toString('hex')}, but it ends with ${wanted.toString('hex')}`);
  } finally {
    await handle.close();
  }
}

function fileSource(handle: FileHandle, size: number): BoltSource {
  const buffer = Buffer.allocUnsafe(windowBytes);
  let from = 0;
  let filled = 0;
  return {
    size,
    read: async (at, length) => {
      if (at >= from && at + length <= from + filled) return buffer.subarray(at - from, at - from + length);
      const target = length > buffer.length ? Buffer.allocUnsafe(length) : buffer;
      if (target === buffer) filled = 0;
      const read = await readFully(handle, target, at, length);
      if (target === buffer) [from, filled] = [at, read];
      return target.subarray(0, length);
    },
  };
}

/** Fills the buffer as far as the file goes, at least `length` bytes. */
async function readFully(handle: FileHandle, target: Buffer, at: number, length: number): Promise<number> {
  let read = 0;
  while (read < target.length) {
    const { bytesRead } = await handle.read(target, read, target.length - read, at + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  if (read < length) throw new Error(`the file ends at byte ${at + read}`);
  return read;
}
