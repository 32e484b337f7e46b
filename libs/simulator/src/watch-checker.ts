import { Violation } from './world.ts';

/** A change as a watcher sees it. */
export interface Seen {
  readonly revision: number;
  readonly sub: number;
  readonly key: string;
  /** `undefined`: deleted. */
  readonly value: string | undefined;
  /** The value before; `undefined`: there was none. */
  readonly previous: string | undefined;
}

/**
 * etcd's guarantees of watches, against the one true history: ordered (revisions ascend), unique (nothing twice), atomic (a
 * revision comes whole), reliable and resumable (no gap), and the previous value is right.
 */
export class WatchChecker {
  /** What was applied first at each revision, by whichever member; all others must agree. */
  readonly #history = new Map<number, readonly Seen[]>();

  /** A member applied these changes. */
  applied(who: string, changes: readonly Seen[]): void {
    const [first] = changes;
    if (first === undefined) return;
    const known = this.#history.get(first.revision);
    if (known === undefined) this.#history.set(first.revision, changes);
    else if (JSON.stringify(known) !== JSON.stringify(changes)) {
      throw new Violation(`${who} applied ${JSON.stringify(changes)} at revision ${first.revision}, others ${JSON.stringify(known)}`);
    }
  }

  /** A watch of everything that is complete up to `from - 1` is sent these, and is then complete up to `upTo`. */
  delivered(who: string, from: number, upTo: number, changes: readonly Seen[]): void {
    const expected: Seen[] = [];
    for (let revision = from; revision <= upTo; revision++) expected.push(...(this.#history.get(revision) ?? []));
    if (JSON.stringify(expected) !== JSON.stringify(changes)) {
      throw new Violation(`the watch ${who} was sent ${JSON.stringify(changes)} for revisions ${from} to ${upTo}, which were ${JSON.stringify(expected)}`);
    }
  }
}
