import { existsSync } from 'node:fs';
import { open, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const pieceBytes = 1024 * 1024;

/** A disk, as far as its room is concerned. */
export interface DiskRoom {
  /** Bytes in all, and free. */
  measure(): Promise<{ readonly size: number; readonly free: number }>;
  /** Takes room, durably, or gives it back. */
  reserve(bytes: number): Promise<void>;
  release(): Promise<void>;
  readonly isReserved: boolean;
  /** Remembers, over restarts, that the disk was full. */
  mark(isFull: boolean): Promise<void>;
  readonly isMarked: boolean;
}

/** The disk of a data directory. */
export function directoryRoom(dataDir: string): DiskRoom {
  const [reserve, mark] = [join(dataDir, 'reserve'), join(dataDir, 'disk-full')];
  return {
    measure: async () => {
      const { bsize, blocks, bavail } = await statfs(dataDir);
      return { size: bsize * blocks, free: bsize * bavail };
    },
    reserve: async (bytes) => {
      const file = await open(`${reserve}.tmp`, 'w', 0o600);
      try {
        // Written, not cut to length: holes take no room.
        for (let at = 0; at < bytes; at += pieceBytes) await file.write(Buffer.alloc(Math.min(pieceBytes, bytes - at), 1));
        await file.sync();
      } catch (error) {
        await rm(`${reserve}.tmp`, { force: true });
        throw error;
      } finally {
        await file.close();
      }
      await rename(`${reserve}.tmp`, reserve);
    },
    release: () => rm(reserve, { force: true }),
    get isReserved() {
      return existsSync(reserve);
    },
    mark: (isFull) => (isFull ? writeFile(mark, '') : rm(mark, { force: true })),
    get isMarked() {
      return existsSync(mark);
    },
  };
}
