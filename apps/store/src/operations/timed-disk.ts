import type { Clock } from '@rhythm/base';
import type { AppendFile, Files, KeyValueSpace, Spaces } from '@rhythm/disk';

/** Takes the seconds that something took. */
export type Observe = (seconds: number) => void;

type Monotonic = Pick<Clock, 'monotonic'>;

async function timed<T>(clock: Monotonic, observe: Observe, work: Promise<T>): Promise<T> {
  const from = clock.monotonic();
  const result = await work;
  observe((clock.monotonic() - from) / 1000);
  return result;
}

/** Files whose syncs are timed. */
export function timedFiles(files: Files, clock: Monotonic, observe: Observe): Files {
  return {
    list: () => files.list(),
    open: async (name, options) => timedFile(await files.open(name, options), clock, observe),
    remove: (name) => files.remove(name),
  };
}

function timedFile(file: AppendFile, clock: Monotonic, observe: Observe): AppendFile {
  return {
    get size() {
      return file.size;
    },
    append: (chunks) => file.append(chunks),
    appendDurably: (chunks) => timed(clock, observe, file.appendDurably(chunks)),
    sync: () => timed(clock, observe, file.sync()),
    read: () => file.read(),
    truncate: (size) => file.truncate(size),
    close: () => file.close(),
  };
}

/** Key spaces whose batches are timed. */
export function timedSpaces(spaces: Spaces, clock: Monotonic, observe: Observe): Spaces {
  return {
    open: async () => timedSpace(await spaces.open(), clock, observe),
    prepare: async () => {
      const prepared = await spaces.prepare();
      return { space: timedSpace(prepared.space, clock, observe), adopt: () => prepared.adopt(), discard: () => prepared.discard() };
    },
    clean: () => spaces.clean(),
  };
}

function timedSpace(space: KeyValueSpace, clock: Monotonic, observe: Observe): KeyValueSpace {
  return {
    get: (key) => space.get(key),
    entries: (start, end) => space.entries(start, end),
    batch: (writes, sync) => timed(clock, observe, space.batch(writes, sync)),
    size: () => space.size(),
    snapshot: () => space.snapshot(),
    compact: (start, end) => space.compact(start, end),
    close: () => space.close(),
  };
}
