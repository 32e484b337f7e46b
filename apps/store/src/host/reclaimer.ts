import type { KeyValueSpace } from '@rhythm/disk';
import { dataKey } from '@rhythm/mvcc';

/** Removed bytes from which on the disk is made to give their room back; for less it is left to do so when it likes. */
const reclaimBytesMin = 16 * 1024 * 1024;
/** Parts in which that is done. */
const reclaimSteps = 32;

/** Makes a key space give back the room of what was removed from it; reads and writes go on meanwhile. One at a time. */
export class Reclaimer {
  readonly #space: KeyValueSpace;
  /** Bytes removed whose room the disk has not given back yet, about. */
  #removedBytes = 0;
  #running: Promise<void> | undefined;
  #isOver = false;

  constructor(space: KeyValueSpace) {
    this.#space = space;
  }

  /** So much was removed; true when it is time to give its room back. */
  removed(bytes: number): boolean {
    this.#removedBytes += bytes;
    return this.#removedBytes >= reclaimBytesMin;
  }

  /** Gives back the room of all revisions up to this one. */
  async run(revision: number): Promise<void> {
    this.#running ??= this.#compact(revision).finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  /** Resolves when the part in progress is done; no other begins. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running?.catch(() => undefined);
  }

  /** In ranges of revisions, so that closing does not wait for all of it. */
  async #compact(revision: number): Promise<void> {
    this.#removedBytes = 0;
    const step = Math.ceil((revision + 1) / reclaimSteps);
    for (let from = 0; from <= revision && !this.#isOver; from += step) {
      await this.#space.compact(dataKey({ main: from, sub: 0 }), dataKey({ main: from + step, sub: 0 }));
    }
  }
}
