import type { KindDefinition } from '@rhythm/api';
import { limits } from '../limits.ts';
import { tombstoneOf, type Entry } from './entry.ts';

/** What a watch is told of an object. */
export interface ObjectEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly entry: Entry;
}

/** One change of one object, with its state before: selectors need both. */
export class Change {
  readonly revision: number;
  /** Absent when the object was deleted. */
  readonly current: Entry | undefined;
  readonly previous: Entry | undefined;
  readonly #kind: KindDefinition;
  #gone: Entry | undefined;
  /** Made once for all watches: who is told the same can be told so in the same bytes. */
  readonly #told: { [Type in ObjectEvent['type']]?: ObjectEvent } = {};

  constructor(kind: KindDefinition, revision: number, current: Entry | undefined, previous: Entry | undefined) {
    this.#kind = kind;
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

  get bytes(): number {
    return (this.current ?? this.previous)?.bytes.length ?? 0;
  }
}

/** The latest changes of a resource, capped by count and bytes. Complete for all revisions above `floor`. */
export class History {
  #changes: Change[] = [];
  #first = 0;
  #bytes = 0;
  #floor = 0;
  #newest = 0;

  /** Everything after this revision is here. */
  get floor(): number {
    return this.#floor;
  }

  /** Revision of the last change, or where the history began. */
  get newest(): number {
    return this.#newest;
  }

  begin(revision: number): void {
    this.#changes = [];
    this.#first = 0;
    this.#bytes = 0;
    this.#floor = revision;
    this.#newest = revision;
  }

  push(change: Change): void {
    this.#changes.push(change);
    this.#bytes += change.bytes;
    this.#newest = change.revision;
    this.#trim();
    if (this.#first > 1024 && this.#first * 2 > this.#changes.length) {
      this.#changes = this.#changes.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Puts before all others the changes after `revision` and up to the floor. */
  prepend(changes: readonly Change[], revision: number): void {
    this.#changes = [...changes, ...this.#changes.slice(this.#first)];
    this.#first = 0;
    for (const change of changes) this.#bytes += change.bytes;
    this.#floor = revision;
    this.#trim();
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

  #trim(): void {
    while (this.#changes.length - this.#first > 1 && (this.#bytes > limits.historyBytesMax || this.#changes.length - this.#first > limits.historyEventsMax)) this.#drop();
  }

  #drop(): void {
    const oldest = this.#changes[this.#first];
    if (oldest === undefined) return;
    this.#bytes -= oldest.bytes;
    this.#floor = oldest.revision;
    (this.#changes as (Change | undefined)[])[this.#first++] = undefined;
  }
}
