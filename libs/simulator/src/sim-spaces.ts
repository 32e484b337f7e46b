import { randomInt } from '@rhythm/base';
import type { KeyValueSpace, Spaces, SpaceSnapshot, SpaceWrite } from '@rhythm/disk';
import type { SimProcess } from './process.ts';
import type { DiskFaults } from './sim-files.ts';
import type { World } from './world.ts';

/** Entries of a slice that is read at a time. */
const sliceEntries = 64;

class Space {
  entries = new Map<string, Uint8Array>();
  durable = new Map<string, Uint8Array>();
  unsynced: Array<readonly SpaceWrite[]> = [];

  settle(count: number): void {
    for (const writes of this.unsynced.splice(0, count)) put(this.durable, writes);
  }
}

/** Key spaces that outlive the processes that use them: a power cut leaves any number of the batches after the last synced one, in order and each whole. */
export class SimSpaces {
  faults: DiskFaults;
  readonly #world: World;
  #current = new Space();

  constructor(world: World, faults: DiskFaults) {
    this.#world = world;
    this.faults = faults;
  }

  /** The spaces as one process sees them. */
  open(process: SimProcess): Spaces {
    return {
      open: async () => this.#space(process, this.#current),
      prepare: async () => {
        const next = new Space();
        return {
          space: this.#space(process, next),
          adopt: async () => {
            // The rename that makes it the current one happens somewhere in this time.
            await process.after(this.faults.syncMs * this.#world.random.next());
            this.#current = next;
            await process.after(this.faults.syncMs * this.#world.random.next());
          },
          discard: async () => undefined,
        };
      },
      clean: async () => undefined,
    };
  }

  /** The power went out. */
  crash(): void {
    const space = this.#current;
    if (space.unsynced.length > 0) this.#world.count('lost batches');
    space.settle(randomInt(this.#world.random, space.unsynced.length + 1));
    space.entries = new Map(space.durable);
    space.unsynced = [];
  }

  wipe(): void {
    this.#current = new Space();
  }

  #space(process: SimProcess, space: Space): KeyValueSpace {
    return {
      get: (key) => space.entries.get(text(key)),
      batch: async (writes, sync) => {
        const { writeMs, syncMs, error } = this.faults;
        await process.after((writeMs + (sync ? syncMs : 0)) * (0.5 + this.#world.random.next()));
        put(space.entries, writes);
        space.unsynced.push(writes);
        if (this.#world.chance(error)) {
          this.#world.count('io error');
          throw new Error('input/output error');
        }
        if (sync) space.settle(space.unsynced.length);
      },
      entries: (start, end) => slices(space.entries, start, end),
      size: async () => [...space.entries].reduce((sum, [key, value]) => sum + key.length + value.length, 0),
      snapshot: (): SpaceSnapshot => {
        const frozen = new Map(space.entries);
        return { get: (key) => frozen.get(text(key)), entries: (start, end) => slices(frozen, start, end), close: async () => undefined };
      },
      compact: async () => undefined,
      close: async () => undefined,
    };
  }
}

async function* slices(entries: ReadonlyMap<string, Uint8Array>, start: Uint8Array, end: Uint8Array): AsyncGenerator<Array<[Uint8Array, Uint8Array]>> {
  const [from, to] = [text(start), text(end)];
  const keys = [...entries.keys()].filter((key) => key >= from && key < to).sort();
  for (let at = 0; at < keys.length; at += sliceEntries) {
    yield keys.slice(at, at + sliceEntries).map((key): [Uint8Array, Uint8Array] => [Buffer.from(key, 'latin1'), entries.get(key) ?? new Uint8Array(0)]);
  }
}

function put(into: Map<string, Uint8Array>, writes: readonly SpaceWrite[]): void {
  for (const { key, value } of writes) {
    if (value === undefined) into.delete(text(key));
    else into.set(text(key), value.slice());
  }
}

function text(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}
