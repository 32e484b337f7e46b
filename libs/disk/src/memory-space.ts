import type { KeyValueSpace, SpaceWrite } from './key-value-space.ts';

/** A key space in memory that can lose power: batches since the last synced one are gone. */
export interface MemorySpace extends KeyValueSpace {
  /** Loses what was not synced, but for the first `keep` batches of it. */
  crash(keep?: number): void;
  /** The same space for a process that ends with the next crash: whatever it still tries then fails. */
  open(): KeyValueSpace;
}

export function memorySpace(): MemorySpace {
  let entries = new Map<string, Uint8Array>();
  let durable = new Map<string, Uint8Array>();
  let unsynced: Array<readonly SpaceWrite[]> = [];
  let power = 0;
  const put = (into: Map<string, Uint8Array>, writes: readonly SpaceWrite[]): void => {
    for (const { key, value } of writes) {
      if (value === undefined) into.delete(text(key));
      else into.set(text(key), value.slice());
    }
  };
  const space: MemorySpace = {
    get: (key) => entries.get(text(key)),
    batch: async (writes, sync) => {
      put(entries, writes);
      unsynced.push(writes);
      if (!sync) return;
      for (const batch of unsynced) put(durable, batch);
      unsynced = [];
    },
    entries: (start, end) => slices(entries, start, end),
    size: async () => [...entries].reduce((sum, [key, value]) => sum + key.length + value.length, 0),
    snapshot: () => {
      const then = new Map(entries);
      return { get: (key) => then.get(text(key)), entries: (start, end) => slices(then, start, end), close: async () => undefined };
    },
    compact: async () => undefined,
    close: async () => undefined,
    crash: (keep = 0) => {
      power++;
      for (const batch of unsynced.slice(0, keep)) put(durable, batch);
      unsynced = [];
      entries = new Map(durable);
      durable = new Map(durable);
    },
    open: () => {
      const since = power;
      return {
        ...space,
        batch: async (writes, sync) => {
          if (since !== power) throw new Error('the power went out');
          await space.batch(writes, sync);
        },
      };
    },
  };
  return space;
}

async function* slices(entries: ReadonlyMap<string, Uint8Array>, start: Uint8Array, end: Uint8Array): AsyncGenerator<Array<[Uint8Array, Uint8Array]>> {
  const [from, to] = [text(start), text(end)];
  const keys = [...entries.keys()].filter((key) => key >= from && key < to).sort();
  yield keys.map((key): [Uint8Array, Uint8Array] => [Buffer.from(key, 'latin1'), entries.get(key) ?? new Uint8Array(0)]);
}

function text(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}
