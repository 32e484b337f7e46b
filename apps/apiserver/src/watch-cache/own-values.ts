import type { KindDefinition, KubeObject } from '@rhythm/api';
import { withRevision } from '../stored/stored-form.ts';
import { Entry, fieldsOf, labelsOf, type StringMap } from './entry.ts';

/** Values on their way to the store at one time; of more than these the oldest are parsed when they come back. */
const valuesMax = 1024;

interface Expected {
  readonly value: Uint8Array;
  readonly labels: StringMap;
  readonly fields: StringMap;
  entry: Entry | undefined;
}

/**
 * What this server is writing: the same value comes back as a change, and writer and cache share one entry, whichever is first; nothing is
 * parsed for it. The key and all bytes must be the same, so that it does not matter whether the write succeeded.
 */
export class OwnValues {
  readonly #kind: KindDefinition;
  /** Of writes to one key the last. */
  readonly #expected = new Map<string, Expected>();

  constructor(kind: KindDefinition) {
    this.#kind = kind;
  }

  /** Before the write is sent. `object` is what `value` was made of, in the cache's version; nothing of it is kept but labels and fields. */
  expect(key: string, value: Uint8Array, object: KubeObject): void {
    this.#expected.delete(key);
    this.#expected.set(key, { value, labels: labelsOf(object), fields: fieldsOf(this.#kind, object), entry: undefined });
    if (this.#expected.size <= valuesMax) return;
    for (const oldest of this.#expected.keys()) {
      this.#expected.delete(oldest);
      return;
    }
  }

  /** The entry of a value that was expected; `undefined` for any other. */
  entryOf(key: string, value: Uint8Array, revision: number): Entry | undefined {
    const expected = this.#expected.get(key);
    if (expected === undefined || (expected.value !== value && Buffer.compare(expected.value, value) !== 0)) return undefined;
    if (expected.entry?.revision !== revision) {
      const { labels, fields } = expected;
      expected.entry = new Entry(key, revision, withRevision(this.#kind, expected.value, revision), labels, fields);
    }
    return expected.entry;
  }

  /** The key has changed in the store, or the write has failed: its value does not come any more. */
  forget(key: string): void {
    this.#expected.delete(key);
  }

  clear(): void {
    this.#expected.clear();
  }
}
