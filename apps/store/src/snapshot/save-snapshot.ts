import { createHash } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { serverStream, type CallSettings, type Client } from '@rhythm/grpc';
import { MaintenanceService } from '@rhythm/proto/etcd';
import { SnapshotError } from './snapshot-file.ts';

const trailerBytes = 32;

/**
 * Saves a snapshot of a running store, or of an etcd, into a file that only its owner can read. The file appears whole, checked and
 * on the disk, or not at all. A file of that name is replaced.
 * @throws SnapshotError when what came is not what was sent
 */
export async function saveSnapshot(client: Client, path: string, settings: CallSettings = {}): Promise<{ readonly bytes: number }> {
  const partial = `${path}.part`;
  const handle = await open(partial, 'w', 0o600);
  try {
    const bytes = await receive(client, handle, settings);
    await handle.sync();
    await handle.close();
    await rename(partial, path);
    return { bytes };
  } catch (error) {
    await handle.close();
    await rm(partial, { force: true });
    throw error;
  }
}

async function receive(client: Client, handle: FileHandle, settings: CallSettings): Promise<number> {
  const hash = createHash('sha256');
  // The last bytes so far: they may be the hash of all before them.
  let tail: Buffer = Buffer.alloc(0);
  let bytes = 0;
  for await (const { blob } of serverStream(client, MaintenanceService.snapshot, {}, settings)) {
    await handle.write(blob);
    bytes += blob.length;
    const known = Buffer.concat([tail, blob]);
    const end = Math.max(0, known.length - trailerBytes);
    hash.update(known.subarray(0, end));
    tail = Buffer.from(known.subarray(end));
  }
  if (!hash.digest().equals(tail)) throw new SnapshotError(`the snapshot is incomplete or was changed on its way: after ${bytes} bytes its hash does not fit`);
  return bytes;
}
