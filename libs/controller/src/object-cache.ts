import type { KubeObject } from '@rhythm/api';
import { causeChain, type Log } from '@rhythm/base';
import { IndexTable } from './index-table.ts';
import { keyOf } from './key.ts';
import type { InformerHandler, ObjectKey } from './ports.ts';

/** The objects of an informer with their indexes; tells the handlers what changed. A handler that throws is logged and stops nothing. */
export class ObjectCache<T extends KubeObject> {
  readonly #objects = new Map<ObjectKey, T>();
  readonly #indexes = new Map<string, IndexTable<T>>();
  readonly #handlers: Array<InformerHandler<T>> = [];
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(key);
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`the informer has no index ${name}`);
    const found: T[] = [];
    for (const key of index.keys(value)) {
      const object = this.#objects.get(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  /** Adds an index over what is there already; one that exists under the name is kept. */
  addIndex(name: string, values: (object: T) => readonly string[]): void {
    if (this.#indexes.has(name)) return;
    const index = new IndexTable(values);
    for (const [key, object] of this.#objects) index.update(key, undefined, object);
    this.#indexes.set(name, index);
  }

  addHandler(handler: InformerHandler<T>): void {
    this.#handlers.push(handler);
    for (const object of this.list()) this.#tell(() => handler.onAdd?.(object));
  }

  /** An object as it is now. The same version again changes nothing; another uid under the same name is a delete and an add. */
  put(object: T): void {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    if (old?.metadata.uid === object.metadata.uid && old?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    if (old !== undefined && old.metadata.uid !== object.metadata.uid) {
      this.remove(key);
      this.put(object);
      return;
    }
    this.#objects.set(key, object);
    for (const index of this.#indexes.values()) index.update(key, old, object);
    for (const handler of this.#handlers) {
      this.#tell(() => {
        if (old === undefined) handler.onAdd?.(object);
        else handler.onUpdate?.(old, object);
      });
    }
  }

  /** Removes an object; handlers see `last` if given (its final state), else what was cached. */
  remove(key: ObjectKey, last?: T): void {
    const old = this.#objects.get(key);
    if (old === undefined) return;
    this.#objects.delete(key);
    for (const index of this.#indexes.values()) index.update(key, old, undefined);
    for (const handler of this.#handlers) this.#tell(() => handler.onDelete?.(last ?? old));
  }

  /** Makes the cache hold exactly `objects`. */
  replace(objects: readonly T[]): void {
    const present = new Set(objects.map(keyOf));
    for (const key of this.#objects.keys()) if (!present.has(key)) this.remove(key);
    for (const object of objects) this.put(object);
  }

  #tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#log.error('an informer handler failed', { error: causeChain(error) });
    }
  }
}
