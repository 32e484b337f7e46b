import { Level } from 'level';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KeyValueSpace } from './key-value-space.ts';

/** Entries given at a time while iterating: large enough to be quick, small enough not to hold the event loop. */
const sliceLength = 1000;

/** A key space in LevelDB. Rejects when another process has it open. */
export async function levelSpace(directory: string): Promise<KeyValueSpace> {
  await mkdir(dirname(directory), { recursive: true, mode: 0o700 });
  const db = new Level<Uint8Array, Uint8Array>(directory, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    writeBufferSize: 8 * 1024 * 1024,
    cacheSize: 8 * 1024 * 1024,
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
    async *entries(start, end) {
      const iterator = db.iterator({ gte: start, lt: end });
      try {
        for (;;) {
          const slice = await iterator.nextv(sliceLength);
          if (slice.length === 0) return;
          yield slice as Array<[Uint8Array, Uint8Array]>;
        }
      } finally {
        await iterator.close();
      }
    },
    size: () => directorySize(directory),
    close: () => db.close(),
  };
}

async function directorySize(directory: string): Promise<number> {
  const names = await readdir(directory);
  // Files come and go while LevelDB compacts.
  const sizes = await Promise.all(names.map((name) => stat(join(directory, name)).then((found) => found.size, () => 0)));
  return sizes.reduce((sum, size) => sum + size, 0);
}
