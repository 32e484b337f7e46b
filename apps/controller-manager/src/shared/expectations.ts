import type { Clock } from '@rhythm/base';

/** After this the cache is believed again, whatever was expected. */
const expectationMsMax = 5 * 60_000;

interface Expected {
  creations: number;
  readonly deletions: Set<string>;
  readonly since: number;
}

/**
 * What a controller has asked for and its cache has not shown yet, by the owner's key. Until it is met the owner is not
 * reconciled again: otherwise a slow watch would make it create or delete twice (client-go's ControllerExpectations).
 */
export class Expectations {
  readonly #byKey = new Map<string, Expected>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  expectCreations(key: string, count: number): void {
    this.#of(key).creations += count;
  }

  expectDeletion(key: string, uid: string): void {
    this.#of(key).deletions.add(uid);
  }

  /** One creation was seen, or failed. */
  creationObserved(key: string): void {
    const expected = this.#byKey.get(key);
    if (expected === undefined) return;
    expected.creations--;
    this.#settle(key, expected);
  }

  deletionObserved(key: string, uid: string): void {
    const expected = this.#byKey.get(key);
    if (expected === undefined) return;
    expected.deletions.delete(uid);
    this.#settle(key, expected);
  }

  forget(key: string): void {
    this.#byKey.delete(key);
  }

  satisfied(key: string): boolean {
    const expected = this.#byKey.get(key);
    return expected === undefined || this.#clock.monotonic() - expected.since > expectationMsMax;
  }

  #of(key: string): Expected {
    const known = this.#byKey.get(key);
    if (known !== undefined && this.satisfied(key) === false) return known;
    const fresh: Expected = { creations: 0, deletions: new Set(), since: this.#clock.monotonic() };
    this.#byKey.set(key, fresh);
    return fresh;
  }

  #settle(key: string, expected: Expected): void {
    if (expected.creations <= 0 && expected.deletions.size === 0) this.#byKey.delete(key);
  }
}
