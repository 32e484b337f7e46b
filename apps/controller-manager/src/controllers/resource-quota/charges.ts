/** A charge is written a moment before what it is for; then that comes by another watch. */
export const quietMs = 500;
/** Where one charge follows the other without end, a count is believed all the same. */
const patienceMs = 5_000;

/** When admission last charged each quota. */
export class Charges {
  readonly #seen = new Map<string, { readonly firstMs: number; readonly lastMs: number }>();

  seen(key: string, nowMs: number): void {
    this.#seen.set(key, { firstMs: this.#isOpen(key, nowMs) ? (this.#seen.get(key)?.firstMs ?? nowMs) : nowMs, lastMs: nowMs });
  }

  isFresh(key: string, nowMs: number): boolean {
    return this.#isOpen(key, nowMs) && nowMs - (this.#seen.get(key)?.firstMs ?? 0) < patienceMs;
  }

  forget(key: string): void {
    this.#seen.delete(key);
  }

  #isOpen(key: string, nowMs: number): boolean {
    return nowMs - (this.#seen.get(key)?.lastMs ?? -Infinity) < quietMs;
  }
}
