import type { ObjectKey } from './ports.ts';

const none: ReadonlySet<ObjectKey> = new Set();

/** One index of an informer: value → keys of the objects that have it. */
export class IndexTable<T> {
  readonly #values: (object: T) => readonly string[];
  readonly #keys = new Map<string, Set<ObjectKey>>();

  constructor(values: (object: T) => readonly string[]) {
    this.#values = values;
  }

  /** Replaces what `old` put in by what `object` does. */
  update(key: ObjectKey, old: T | undefined, object: T | undefined): void {
    if (old !== undefined) for (const value of this.#values(old)) this.#remove(value, key);
    if (object !== undefined) for (const value of this.#values(object)) this.#add(value, key);
  }

  keys(value: string): ReadonlySet<ObjectKey> {
    return this.#keys.get(value) ?? none;
  }

  #add(value: string, key: ObjectKey): void {
    const keys = this.#keys.get(value);
    if (keys === undefined) this.#keys.set(value, new Set([key]));
    else keys.add(key);
  }

  #remove(value: string, key: ObjectKey): void {
    const keys = this.#keys.get(value);
    keys?.delete(key);
    if (keys?.size === 0) this.#keys.delete(value);
  }
}
