/** One stored value. */
export interface StoredValue {
  readonly key: string;
  readonly value: Uint8Array;
  readonly createRevision: number;
  readonly modRevision: number;
  /** Read in a form that the next write would not use: under an old key, say. Told for ranges and failed transactions, by stores that have such forms. */
  readonly stale?: boolean;
}

export interface RangeResult {
  readonly values: readonly StoredValue[];
  /** The store's revision when the range was read. */
  readonly revision: number;
  /** Keys in the range, those beyond `limit` included. */
  readonly count: number;
  readonly more: boolean;
}

export interface RangeOptions {
  /** First key not wanted; absent: only `key` itself. */
  readonly end?: string;
  readonly revision?: number;
  readonly limit?: number;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
  readonly signal?: AbortSignal;
}

/** Holds when the key's last change was at exactly this revision; 0: the key does not exist. */
export interface ModRevisionIs {
  readonly key: string;
  readonly modRevision: number;
}

export type StoreWrite =
  | { readonly kind: 'put'; readonly key: string; readonly value: Uint8Array; readonly lease?: bigint }
  | { readonly kind: 'delete'; readonly key: string };

export interface TxnResult {
  readonly succeeded: boolean;
  readonly revision: number;
  /** When it failed: the present value of each compared key, `undefined` where there is none. */
  readonly current: readonly (StoredValue | undefined)[];
}

export interface StoreEvent {
  readonly type: 'put' | 'delete';
  readonly key: string;
  /** Of deletes, empty. */
  readonly value: Uint8Array;
  readonly createRevision: number;
  readonly modRevision: number;
  /** The value before, when the watch asked for it and it was not compacted. */
  readonly previous?: StoredValue;
}

/** `revision`: everything up to it has been delivered. A batch without events is progress. */
export interface WatchBatch {
  readonly events: readonly StoreEvent[];
  readonly revision: number;
}

/** How a watch learns that it is current (design, decision 5). */
export type ProgressMode = 'pushed' | 'requested' | 'none';

/**
 * The key-value store as the apiserver uses it; any etcd v3 endpoint can be behind it.
 * Methods reject with `StoreError`; after a broken connection a transaction's outcome is `Unknown`.
 */
export interface Store {
  range(key: string, options?: RangeOptions): Promise<RangeResult>;
  /** All of `writes` if all of `compares` hold, else nothing. */
  txn(compares: readonly ModRevisionIs[], writes: readonly StoreWrite[], signal?: AbortSignal): Promise<TxnResult>;
  /** Changes of keys with `prefix` from `revision` on (inclusive). Ends with `StoreError` Compacted when that is gone. */
  watch(prefix: string, revision: number, options?: { previous?: boolean; signal?: AbortSignal }): AsyncIterable<WatchBatch>;
  progressMode(): ProgressMode;
  /** In mode `requested`: ask all watches for a progress batch. */
  requestProgress(): Promise<void>;
  leaseGrant(ttlSeconds: number): Promise<bigint>;
  compact(revision: number): Promise<void>;
  close(): Promise<void>;
}

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly kind: 'Unavailable' | 'Unknown' | 'Compacted' | 'FutureRevision' | 'NoSpace' | 'TooLarge' | 'Internal';
  /** For Compacted: the oldest revision that is still there. */
  readonly compactRevision: number | undefined;

  constructor(kind: StoreError['kind'], message: string, options: { compactRevision?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.compactRevision = options.compactRevision;
  }
}
