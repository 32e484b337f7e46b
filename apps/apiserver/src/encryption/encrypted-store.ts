import type { ModRevisionIs, ProgressMode, RangeOptions, RangeResult, Store, StoredValue, StoreEvent, StoreWrite, TxnResult, WatchBatch } from '@rhythm/store-client';
import type { Encryption } from './encryption.ts';
import { isEncrypted } from './provider.ts';

/**
 * A store that holds the objects of some resources encrypted. Whoever uses it sees plain text; the store, its log, its snapshots and its watches on the wire
 * have the other. Values of other resources pass at the cost of a look at their first byte.
 */
export class EncryptedStore implements Store {
  readonly #inner: Store;
  readonly #encryption: Encryption;

  constructor(inner: Store, encryption: Encryption) {
    this.#inner = inner;
    this.#encryption = encryption;
  }

  /** A range of one key says whether the next write would write it otherwise. Rejects with `UnreadableValue` besides. */
  async range(key: string, options?: RangeOptions): Promise<RangeResult> {
    const result = await this.#inner.range(key, options);
    if (options?.keysOnly === true || result.values.length === 0 || !this.#concerns(key, result.values)) return result;
    return { ...result, values: await Promise.all(result.values.map((value) => this.#opened(value))) };
  }

  async txn(compares: readonly ModRevisionIs[], writes: readonly StoreWrite[], signal?: AbortSignal): Promise<TxnResult> {
    const seals = writes.some((write) => write.kind === 'put' && this.#encryption.encrypts(write.key));
    const result = await this.#inner.txn(compares, seals ? await Promise.all(writes.map((write) => this.#sealed(write))) : writes, signal);
    if (!result.current.some((value) => value !== undefined && this.#concerns(value.key, [value]))) return result;
    return { ...result, current: await Promise.all(result.current.map(async (value) => (value === undefined ? undefined : await this.#opened(value)))) };
  }

  async *watch(prefix: string, revision: number, options?: { previous?: boolean; signal?: AbortSignal }): AsyncGenerator<WatchBatch> {
    for await (const batch of this.#inner.watch(prefix, revision, options)) {
      const previous = options?.previous === true ? batch.events.flatMap((event) => event.previous ?? []) : [];
      yield batch.events.length > 0 && (this.#concerns(prefix, batch.events) || this.#concerns(prefix, previous)) ? { ...batch, events: await Promise.all(batch.events.map((event) => this.#openedEvent(event))) } : batch;
    }
  }

  progressMode(): ProgressMode {
    return this.#inner.progressMode();
  }

  requestProgress(): Promise<void> {
    return this.#inner.requestProgress();
  }

  leaseGrant(ttlSeconds: number): Promise<bigint> {
    return this.#inner.leaseGrant(ttlSeconds);
  }

  compact(revision: number): Promise<void> {
    return this.#inner.compact(revision);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #sealed(write: StoreWrite): Promise<StoreWrite> {
    return write.kind === 'put' && this.#encryption.encrypts(write.key) ? { ...write, value: await this.#encryption.seal(write.value, write.key) } : write;
  }

  /** Values of configured resources are opened whatever they look like: plain text counts only where `identity` is among their providers. */
  #concerns(key: string, values: readonly { readonly value: Uint8Array }[]): boolean {
    return this.#encryption.governs(key) || values.some(({ value }) => isEncrypted(value));
  }

  async #opened(stored: StoredValue): Promise<StoredValue> {
    const { plain, stale } = await this.#encryption.open(stored.value, stored.key);
    return { ...stored, value: plain, ...(stale ? { stale } : {}) };
  }

  async #openedEvent(event: StoreEvent): Promise<StoreEvent> {
    const value = event.type === 'put' ? (await this.#encryption.open(event.value, event.key)).plain : event.value;
    return event.previous === undefined ? { ...event, value } : { ...event, value, previous: await this.#opened(event.previous) };
  }
}
