import type { KindDefinition } from '@rhythm/api';
import { limits } from '../limits.ts';
import { CacheMemory } from './cache-memory.ts';
import { tombstoneOf, type Entry } from './entry.ts';

/** What a watch is told of an object. */
export interface ObjectEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly entry: Entry;
}

/** A change without any bytes of objects, about. */
const changeBytes = 512;

/** One change of one object, with its state before: selectors need both. */
export class Change {
  readonly revision: number;
  /** Absent when the object was deleted. */
  readonly current: Entry | undefined;
  readonly previous: Entry | undefined;
  /** Kept for it alone: the state before, its labels and fields, and of what has gone what it was told as. The state after is the cache's, or a later change's state before. */
  readonly bytes: number;
  readonly #kind: KindDefinition;
  #gone: Entry | undefined;
  /** Made once for all watches: who is told the same can be told so in the same bytes. */
  readonly #told: { [Type in ObjectEvent['type']]?: ObjectEvent } = {};

  /** @param ownBytes of `current`, where no cache has it */
  constructor(kind: KindDefinition, revision: number, current: Entry | undefined, previous: Entry | undefined, ownBytes = 0) {
    this.#kind = kind;
    this.bytes = changeBytes + ownBytes + (previous?.length ?? 0) * (current === undefined ? 2 : 1);
    this.revision = revision;
    this.current = current;
    this.previous = previous;
  }

  /** What a watch is shown when the object goes away, or leaves its selector: the state before, at this revision. */
  gone(): Entry | undefined {
    if (this.#gone === undefined && this.previous !== undefined) this.#gone = tombstoneOf(this.#kind, this.previous, this.revision);
    return this.#gone;
  }

  /** This change as a watch is told it; `undefined` when there is no such object. */
  told(type: ObjectEvent['type']): ObjectEvent | undefined {
    const known = this.#told[type];
    if (known !== undefined) return known;
    const entry = type === 'DELETED' ? this.gone() : this.current;
    return entry === undefined ? undefined : (this.#told[type] = { type, entry });
  }
}

/** The latest changes of a resource, capped by count, and by bytes together with those of all others. Complete for all revisions above `floor`. */
export class History {
  readonly #memory: CacheMemory;
  #changes: Change[] = [];
  #first = 0;
  #bytes = 0;
  #floor = 0;
  #newest = 0;

  constructor(memory = new CacheMemory()) {
    this.#memory = memory;
  }

  /** Kept for it alone. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Everything after this revision is here. */
  get floor(): number {
    return this.#floor;
  }

  /** Revision of the last change, or where the history began. */
  get newest(): number {
    return this.#newest;
  }

  begin(revision: number): void {
    this.end();
    this.#floor = revision;
    this.#newest = revision;
  }

  /** Lets go of everything. */
  end(): void {
    this.#memory.histories.forget(this);
    for (let at = this.#first; at < this.#changes.length; at++) this.#letGo(this.#changes[at]);
    this.#changes = [];
    this.#first = 0;
    this.#bytes = 0;
  }

  push(change: Change): void {
    this.#changes.push(change);
    this.#newest = change.revision;
    this.#grow(change.bytes);
    while (this.#changes.length - this.#first > limits.historyEventsMax) this.dropOldest();
    if (this.#first > 1024 && this.#first * 2 > this.#changes.length) {
      this.#changes = this.#changes.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Puts before all others the changes after `revision` and up to the floor. */
  prepend(changes: readonly Change[], revision: number): void {
    this.#changes = [...changes, ...this.#changes.slice(this.#first)];
    this.#first = 0;
    this.#floor = revision;
    this.#grow(changes.reduce((sum, { bytes }) => sum + bytes, 0));
    while (this.#changes.length - this.#first > limits.historyEventsMax) this.dropOldest();
  }

  /** The changes after `revision`; `undefined` when some of them are no longer here. */
  after(revision: number): readonly Change[] | undefined {
    if (revision < this.#floor) return undefined;
    let low = this.#first;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#changes[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#changes.slice(low);
  }

  /** Forgets the oldest change; false when it is the last. */
  dropOldest(): boolean {
    const oldest = this.#changes[this.#first];
    if (oldest === undefined || this.#changes.length - this.#first <= 1) return false;
    this.#floor = oldest.revision;
    this.#letGo(oldest);
    (this.#changes as (Change | undefined)[])[this.#first++] = undefined;
    this.#grow(-oldest.bytes);
    return true;
  }

  #grow(bytes: number): void {
    this.#bytes += bytes;
    this.#memory.histories.changed(this, bytes);
  }

  #letGo(change: Change | undefined): void {
    if (change?.previous !== undefined) this.#memory.slabs.drop(change.previous);
  }
}
