import { randomInt } from '@rhythm/base';
import type { World } from './world.ts';

/** A log of records: what is not synced may be lost at a crash from any record on, the first lost one torn. */
export class LogDisk<R> {
  records: R[] = [];
  #durable = 0;

  append(records: readonly R[]): void {
    this.records.push(...records);
  }

  sync(): void {
    this.#durable = this.records.length;
  }

  /** Removes the first `count` records, durably. */
  cut(count: number): void {
    this.records.splice(0, count);
    this.#durable = Math.max(0, this.#durable - count);
  }

  /** Everything anew, durably. */
  replace(records: readonly R[]): void {
    this.records = [...records];
    this.sync();
  }

  crash(world: World): void {
    const unsynced = this.records.length - this.#durable;
    if (unsynced === 0) return;
    const kept = randomInt(world.random, unsynced + 1);
    if (kept < unsynced) world.count('lost unsynced');
    // A torn record does not pass its checksum: it ends the log.
    if (kept < unsynced && world.chance(0.5)) world.count('torn write');
    this.records.length = this.#durable + kept;
    this.sync();
  }
}

export type SpaceChange = readonly [key: string, value: Uint8Array | undefined];

/** A key space with atomic batches: those after the last synced one may be lost at a crash, the newest first. */
export class SpaceDisk {
  #entries = new Map<string, Uint8Array>();
  #durable = new Map<string, Uint8Array>();
  #unsynced: Array<readonly SpaceChange[]> = [];

  get(key: string): Uint8Array | undefined {
    return this.#entries.get(key);
  }

  batch(changes: readonly SpaceChange[], sync: boolean): void {
    put(this.#entries, changes);
    this.#unsynced.push(changes);
    if (sync) this.#settle(this.#unsynced.length);
  }

  /** All entries in the order of keys. */
  entries(): Array<[string, Uint8Array]> {
    return [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Another state in place of this one, durably and at once, as a rename does. */
  replace(entries: ReadonlyArray<readonly [string, Uint8Array]>): void {
    this.#entries = new Map(entries);
    this.#durable = new Map(entries);
    this.#unsynced = [];
  }

  crash(world: World): void {
    if (this.#unsynced.length > 0) world.count('lost batches');
    this.#settle(randomInt(world.random, this.#unsynced.length + 1));
    this.#entries = new Map(this.#durable);
    this.#unsynced = [];
  }

  #settle(count: number): void {
    for (const batch of this.#unsynced.splice(0, count)) put(this.#durable, batch);
  }
}

function put(into: Map<string, Uint8Array>, changes: readonly SpaceChange[]): void {
  for (const [key, value] of changes) {
    if (value === undefined) into.delete(key);
    else into.set(key, value);
  }
}
