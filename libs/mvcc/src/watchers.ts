import { inRange, isSingle, type KeyRange } from './key.ts';
import type { StoredEvent } from './types.ts';

/** Who watches which keys: watchers of one key are found by hash, the others by looking at each range. */
export class Watchers<W> {
  readonly #single = new Map<string, Set<W>>();
  readonly #ranges = new Map<W, KeyRange>();

  add(range: KeyRange, watcher: W): void {
    if (!isSingle(range)) {
      this.#ranges.set(watcher, range);
      return;
    }
    const set = this.#single.get(range.start);
    if (set === undefined) this.#single.set(range.start, new Set([watcher]));
    else set.add(watcher);
  }

  delete(range: KeyRange, watcher: W): void {
    if (!isSingle(range)) {
      this.#ranges.delete(watcher);
      return;
    }
    const set = this.#single.get(range.start);
    if (set?.delete(watcher) === true && set.size === 0) this.#single.delete(range.start);
  }

  /** The events of one or more revisions for each watcher that wants any, in order. */
  match(events: readonly StoredEvent[]): Map<W, StoredEvent[]> {
    const found = new Map<W, StoredEvent[]>();
    const give = (watcher: W, event: StoredEvent): void => {
      const list = found.get(watcher);
      if (list === undefined) found.set(watcher, [event]);
      else list.push(event);
    };
    for (const event of events) {
      for (const watcher of this.#single.get(event.keyText) ?? []) give(watcher, event);
      for (const [watcher, range] of this.#ranges) if (inRange(range, event.keyText)) give(watcher, event);
    }
    return found;
  }
}
