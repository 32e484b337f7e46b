import { constants, fdatasync, write, writev } from 'node:fs';
import { mkdir, open, readdir, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { AppendFile, Files } from './files.ts';

/** Files of a real directory, created if need be and readable by the owner only. */
export async function nodeFiles(directory: string): Promise<Files> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return {
    list: async () => (await readdir(directory)).sort(),
    open: async (name, { create }) => {
      const handle = await open(join(directory, name), create ? 'wx+' : 'r+', 0o600);
      if (create) await syncDirectory(directory);
      // A second descriptor that syncs with each write: one trip to a worker thread instead of two.
      const durable = await open(join(directory, name), constants.O_RDWR | constants.O_DSYNC);
      return new NodeFile(handle, durable, (await handle.stat()).size);
    },
    remove: async (name) => {
      await unlink(join(directory, name));
      await syncDirectory(directory);
    },
  };
}

class NodeFile implements AppendFile {
  readonly #handle: FileHandle;
  readonly #durable: FileHandle;
  #size: number;
  /** Something was appended that is not known to be on the disk. */
  #isDirty = false;

  constructor(handle: FileHandle, durable: FileHandle, size: number) {
    this.#handle = handle;
    this.#durable = durable;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  append(chunks: readonly Uint8Array[]): Promise<void> {
    this.#isDirty = true;
    return this.#write(this.#handle.fd, chunks);
  }

  async appendDurably(chunks: readonly Uint8Array[]): Promise<void> {
    if (!this.#isDirty) return this.#write(this.#durable.fd, chunks);
    await this.append(chunks);
    await this.sync();
  }

  #write(fd: number, chunks: readonly Uint8Array[]): Promise<void> {
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    // Callbacks: the promise API costs twice the time of the call itself.
    return new Promise((resolve, reject) => {
      const done = (error: Error | null, written: number): void => {
        if (error !== null) reject(error);
        else if (written !== length) reject(new Error(`the file took ${written} of ${length} bytes: the disk is full`));
        else {
          this.#size += length;
          resolve();
        }
      };
      const [only] = chunks;
      if (only !== undefined && chunks.length === 1) write(fd, only, 0, length, this.#size, done);
      else writev(fd, chunks as Uint8Array[], this.#size, done);
    });
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fdatasync(this.#handle.fd, (error) => {
        if (error !== null) {
          reject(error);
          return;
        }
        this.#isDirty = false;
        resolve();
      });
    });
  }

  async read(): Promise<Uint8Array> {
    const bytes = Buffer.alloc(this.#size);
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await this.#handle.read(bytes, at, bytes.length - at, at);
      if (bytesRead === 0) throw new Error(`the file ends at ${at} of ${bytes.length} bytes`);
      at += bytesRead;
    }
    return bytes;
  }

  async truncate(size: number): Promise<void> {
    await this.#handle.truncate(size);
    await this.#handle.sync();
    this.#size = size;
  }

  async close(): Promise<void> {
    await this.#handle.close();
    await this.#durable.close();
  }
}

/** On return the names in a directory survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
