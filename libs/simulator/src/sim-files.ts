import { randomInt } from '@rhythm/base';
import type { AppendFile, Files } from '@rhythm/disk';
import type { SimProcess } from './process.ts';
import type { World } from './world.ts';

interface Content {
  bytes: Uint8Array;
  /** How much of it a power cut surely leaves. */
  durable: number;
}

/** How slow a disk is, and how often it fails. */
export interface DiskFaults {
  /** Milliseconds of a write, and of a sync on top. */
  readonly writeMs: number;
  readonly syncMs: number;
  /** Probability of a sync that takes long. */
  readonly slow: number;
  readonly slowMs: number;
  /** Probability of an error; nobody knows then what was written. */
  readonly error: number;
}

/** Files that outlive the processes that use them, but for what was not synced: a power cut leaves any part of that, the last of it torn. */
export class SimFiles {
  faults: DiskFaults;
  /** While true nothing more can be written. */
  isFull = false;
  /** Called when a sync begins: to cut the power in the middle of it. */
  onSync: () => void = () => undefined;
  readonly #world: World;
  readonly #contents = new Map<string, Content>();

  constructor(world: World, faults: DiskFaults) {
    this.#world = world;
    this.faults = faults;
  }

  /** The files as one process sees them. */
  open(process: SimProcess): Files {
    return {
      list: async () => [...this.#contents.keys()].sort(),
      open: async (name, { create }) => {
        await this.#work(process, this.faults.writeMs);
        let content = this.#contents.get(name);
        if (create && content !== undefined) throw new Error(`${name} exists`);
        if (content === undefined) {
          if (!create) throw new Error(`${name} does not exist`);
          content = { bytes: new Uint8Array(0), durable: 0 };
          this.#contents.set(name, content);
        }
        return this.#file(process, content);
      },
      remove: async (name) => {
        await this.#work(process, this.faults.writeMs);
        this.#contents.delete(name);
      },
    };
  }

  /** The power went out. */
  crash(): void {
    const world = this.#world;
    for (const content of this.#contents.values()) {
      const unsynced = content.bytes.length - content.durable;
      if (unsynced === 0) continue;
      const kept = randomInt(world.random, unsynced + 1);
      if (kept < unsynced) world.count('lost unsynced');
      if (kept > 0 && kept < unsynced) world.count('torn write');
      content.bytes = content.bytes.slice(0, content.durable + kept);
      // Sectors of the last write may hold anything.
      if (kept > 0 && kept < unsynced && world.chance(0.3)) {
        content.bytes[content.durable + kept - 1] = randomInt(world.random, 256);
        world.count('garbled write');
      }
      content.durable = content.bytes.length;
    }
  }

  /** Everything is lost. */
  wipe(): void {
    this.#contents.clear();
  }

  #file(process: SimProcess, content: Content): AppendFile {
    const append = (chunks: readonly Uint8Array[]): void => {
      if (this.isFull) {
        this.#world.count('disk full');
        // Some of it may have been written.
        content.bytes = Buffer.concat([content.bytes, Buffer.concat([...chunks]).subarray(0, randomInt(this.#world.random, 20))]);
        throw new Error('no space left on device');
      }
      content.bytes = Buffer.concat([content.bytes, ...chunks]);
    };
    const sync = async (): Promise<void> => {
      const { length } = content.bytes;
      const { syncMs, slow, slowMs, error } = this.faults;
      this.onSync();
      await this.#work(process, syncMs + (this.#world.chance(slow) ? this.#world.random.next() * slowMs : 0));
      if (this.#world.chance(error)) {
        this.#world.count('io error');
        throw new Error('input/output error');
      }
      content.durable = Math.max(content.durable, Math.min(length, content.bytes.length));
    };
    return {
      get size() {
        return content.bytes.length;
      },
      append: async (chunks) => {
        append(chunks);
        await this.#work(process, this.faults.writeMs);
      },
      appendDurably: async (chunks) => {
        append(chunks);
        await sync();
      },
      sync,
      read: async () => content.bytes.slice(),
      truncate: async (size) => {
        content.bytes = content.bytes.slice(0, size);
        await this.#work(process, this.faults.syncMs);
        content.durable = Math.min(Math.max(content.durable, size), content.bytes.length);
      },
      close: async () => undefined,
    };
  }

  #work(process: SimProcess, ms: number): Promise<void> {
    return process.after(ms * (0.5 + this.#world.random.next()));
  }
}
