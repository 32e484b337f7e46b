import { assert } from '@rhythm/base';
import type { Revision } from './types.ts';

/** A revision in the index, with the bytes that its key and value take on disk. */
export interface StoredRevision extends Revision {
  readonly bytes: number;
}

/** A key's life from its creation to its deletion. */
interface Generation {
  readonly created: Revision;
  /** Version of the newest revision; a tombstone counts too, so that positions give versions. */
  version: number;
  /** Ascending; at most the oldest are missing after a compaction. */
  revisions: StoredRevision[];
  /** The last of `revisions` is the tombstone. */
  ended: boolean;
}

/** Where a key's value at some revision is kept, with what the index knows about it. */
export interface Found {
  readonly revision: Revision;
  readonly createRevision: number;
  readonly version: number;
}

/**
 * All revisions of one key that are still there. Invariants: 1. revisions ascend over all generations. 2. Only the
 * last generation may be open. 3. No generation is empty.
 */
export class KeyHistory {
  readonly key: string;
  #generations: Generation[] = [];

  constructor(key: string) {
    this.key = key;
  }

  put(revision: StoredRevision): void {
    const last = this.#generations[this.#generations.length - 1];
    if (last === undefined || last.ended) {
      this.#generations.push({ created: revision, version: 1, revisions: [revision], ended: false });
      return;
    }
    last.version++;
    last.revisions.push(revision);
  }

  tombstone(revision: StoredRevision): void {
    const last = this.#generations[this.#generations.length - 1];
    assert(last !== undefined && !last.ended, 'a key that is deleted exists');
    last.version++;
    last.revisions.push(revision);
    last.ended = true;
  }

  /** Puts back a revision read from disk, oldest first. */
  restore(revision: StoredRevision, isTombstone: boolean, created: Revision, version: number): void {
    const last = this.#generations[this.#generations.length - 1];
    if (isTombstone) {
      if (last !== undefined && !last.ended) this.tombstone(revision);
      else this.#generations.push({ created, version, revisions: [revision], ended: true });
      return;
    }
    if (last !== undefined && !last.ended) this.put(revision);
    else this.#generations.push({ created, version, revisions: [revision], ended: false });
  }

  /** The value as of transaction `at`; undefined when the key did not exist then. */
  find(at: number): Found | undefined {
    for (let g = this.#generations.length - 1; g >= 0; g--) {
      const generation = this.#generations[g] as Generation;
      const revisions = generation.revisions;
      for (let r = revisions.length - 1; r >= 0; r--) {
        const revision = revisions[r] as Revision;
        if (revision.main > at) continue;
        if (generation.ended && r === revisions.length - 1) return undefined;
        return { revision, createRevision: generation.created.main, version: generation.version - (revisions.length - 1 - r) };
      }
    }
    return undefined;
  }

  /** True when the key exists as of transaction `at`. */
  existsAt(at: number): boolean {
    const last = this.#generations[this.#generations.length - 1];
    const newest = last?.revisions[last.revisions.length - 1];
    if (last !== undefined && newest !== undefined && newest.main <= at) return !last.ended;
    return this.find(at) !== undefined;
  }

  /** The newest revision, a tombstone included. */
  newest(): Revision | undefined {
    const last = this.#generations[this.#generations.length - 1];
    return last?.revisions[last.revisions.length - 1];
  }

  /** Calls `visit` for each revision from transaction `from` on, with the one before it in the same life. */
  since(from: number, visit: (revision: Revision, isTombstone: boolean, previous: Revision | undefined) => void): void {
    for (const generation of this.#generations) {
      const { revisions, ended } = generation;
      if ((revisions[revisions.length - 1] as Revision).main < from) continue;
      for (const [at, revision] of revisions.entries()) {
        if (revision.main >= from) visit(revision, ended && at === revisions.length - 1, revisions[at - 1]);
      }
    }
  }

  /** Forgets what is not visible at transaction `at` or later, telling `removed` about each revision. */
  compact(at: number, removed: (revision: StoredRevision, isTombstone: boolean) => void): void {
    const rest: Generation[] = [];
    for (const generation of this.#generations) {
      const { revisions, ended } = generation;
      let keep = revisions.findLastIndex((revision) => revision.main <= at);
      if (keep < 0) {
        rest.push(generation);
        continue;
      }
      // The tombstone itself is kept when it was made at `at`: a watch may still begin there and must see it.
      if (ended && keep === revisions.length - 1 && (revisions[keep] as Revision).main < at) keep = revisions.length;
      // So are earlier changes in the same transaction.
      while (keep < revisions.length && revisions[keep - 1]?.main === at) keep--;
      for (let r = 0; r < keep; r++) removed(revisions[r] as StoredRevision, ended && r === revisions.length - 1);
      if (keep < revisions.length) {
        if (keep > 0) generation.revisions = revisions.slice(keep);
        rest.push(generation);
      }
    }
    this.#generations = rest;
  }

  get isEmpty(): boolean {
    return this.#generations.length === 0;
  }
}
