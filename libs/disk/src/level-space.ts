import { Level } from 'level';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KeyValueSpace } from './key-value-space.ts';

/** Entries given at a time while iterating: large enough to be quick, small enough not to hold the event loop. */
const sliceLength = 1000;
/** The same in bytes: LevelDB's default of 16 KiB costs a trip to a worker thread for every few values. */
const highWaterMarkBytes = 256 * 1024;

/**
 * Files that are kept open, 2 MB each: LevelDB maps the most of them into memory, and what was read of them counts as the process's. The least that LevelDB takes; above it a
 * value that has not been read for long costs opening its file.
 */
const openFilesMax = 74;

type LevelIterator = Pick<ReturnType<Level<Uint8Array, Uint8Array>['iterator']>, 'nextv' | 'close'>;

/** What LevelDB can and the other backends of `level` cannot. */
interface Compactable {
  compactRange(start: Uint8Array, end: Uint8Array, options: { readonly keyEncoding: 'buffer' }): Promise<void>;
}

/** A key space in LevelDB. Rejects when another process has it open. */
export async function levelSpace(directory: string): Promise<KeyValueSpace> {
  await mkdir(dirname(directory), { recursive: true, mode: 0o700 });
  const db = new Level<Uint8Array, Uint8Array>(directory, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    writeBufferSize: 8 * 1024 * 1024,
    cacheSize: 8 * 1024 * 1024,
    maxOpenFiles: openFilesMax,
  });
  await db.open();
  return {
    get: (key) => db.getSync(key),
    batch: (writes, sync) =>
      db.batch(
        writes.map(({ key, value }) => (value === undefined ? { type: 'del' as const, key } : { type: 'put' as const, key, value })),
        // The types are those of every backend; LevelDB's own option is passed through.
        { sync } as object,
      ),
    entries: (start, end) => entries(db.iterator(options(start, end))),
    size: () => directorySize(directory),
    snapshot: () => {
      const snapshot = db.snapshot();
      return {
        get: (key) => db.getSync(key, { snapshot }),
        entries: (start, end) => entries(db.iterator({ ...options(start, end), snapshot })),
        close: () => snapshot.close(),
      };
    },
    compact: (start, end) => (db as unknown as Compactable).compactRange(start, end, { keyEncoding: 'buffer' }),
    close: () => db.close(),
  };
}

/** The types are those of every backend; LevelDB's own option is passed through. */
function options(start: Uint8Array, end: Uint8Array): { readonly gte: Uint8Array; readonly lt: Uint8Array } {
  return { gte: start, lt: end, highWaterMarkBytes } as { readonly gte: Uint8Array; readonly lt: Uint8Array };
}

async function* entries(iterator: LevelIterator): AsyncGenerator<Array<[Uint8Array, Uint8Array]>> {
  // The next slice is read, on a thread of its own, while somebody works on this one.
  const read = (): ReturnType<LevelIterator['nextv']> => {
    const slice = iterator.nextv(sliceLength);
    slice.catch(() => undefined);
    return slice;
  };
  try {
    for (let coming = read(); ; ) {
      const slice = await coming;
      if (slice.length === 0) return;
      coming = read();
      yield slice as Array<[Uint8Array, Uint8Array]>;
    }
  } finally {
    await iterator.close();
  }
}

async function directorySize(directory: string): Promise<number> {
  const names = await readdir(directory);
  // Files come and go while LevelDB compacts.
  const sizes = await Promise.all(names.map((name) => stat(join(directory, name)).then((found) => found.size, () => 0)));
  return sizes.reduce((sum, size) => sum + size, 0);
}
