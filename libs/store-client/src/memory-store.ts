import { randomInt, seededRandom, type Clock, type Random, type Timer } from '@rhythm/base';
import {
  assembleRange,
  decodeKeyValue,
  dataKey,
  keyRange,
  keyText,
  LeaseTimes,
  Mvcc,
  MvccError,
  planKey,
  prefixEnd,
  Watchers,
  type Applied,
  type Command,
  type KeyRange,
  type KeyValue,
  type Reader,
  type Reply,
  type Revision,
  type StoredEvent,
} from '@rhythm/mvcc';
import { StoreError, type ModRevisionIs, type ProgressMode, type RangeOptions, type RangeResult, type Store, type StoreEvent, type StoreWrite, type TxnResult, type WatchBatch } from './store.ts';
import { bytes, rangeRequest, text, toStored, txnRequest } from './requests.ts';
import { WatchBuffer } from './watch-buffer.ts';

interface Watcher {
  readonly buffer: WatchBuffer;
  readonly range: KeyRange;
  readonly from: number;
  readonly previous: boolean;
}

export interface MemoryStoreOptions {
  /** Lets leases run out; without a clock they last for ever. */
  readonly clock?: Clock;
  readonly random?: Random;
}

/** A whole store in memory, with the same rules as the real one: for tests and simulations. */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  return new MemoryStore(options);
}

class MemoryStore implements Store {
  readonly #mvcc = new Mvcc();
  readonly #disk = new Map<string, Uint8Array>();
  readonly #reader: Reader = { get: (key) => this.#disk.get(keyText(key)) };
  readonly #watchers = new Watchers<Watcher>();
  readonly #all = new Set<Watcher>();
  readonly #times = new LeaseTimes();
  readonly #clock: Clock | undefined;
  readonly #random: Random;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: MemoryStoreOptions) {
    this.#clock = options.clock;
    this.#random = options.random ?? seededRandom(1);
  }

  async range(key: string, options: RangeOptions = {}): Promise<RangeResult> {
    this.#check(options.signal);
    return refusing(() => {
      const plan = this.#mvcc.range(rangeRequest(key, options));
      const values = plan.items.map((item) => decodeKeyValue(this.#value(planKey(item))));
      const answer = assembleRange(plan, values);
      return { values: answer.kvs.map(toStored), revision: answer.revision, count: Number(answer.count), more: answer.more };
    });
  }

  async txn(compares: readonly ModRevisionIs[], writes: readonly StoreWrite[], signal?: AbortSignal): Promise<TxnResult> {
    this.#check(signal);
    const reply = this.#apply({ $case: 'txn', value: txnRequest(compares, writes) });
    if (reply.$case !== 'txn') throw new StoreError('Internal', `a transaction was answered with ${reply.$case}`);
    const current = reply.succeeded
      ? []
      : reply.responses.map((op) => {
          const item = op.$case === 'range' ? op.plan.items[0] : undefined;
          return item === undefined ? undefined : toStored(decodeKeyValue(this.#value(planKey(item))));
        });
    return { succeeded: reply.succeeded, revision: reply.revision, current };
  }

  watch(prefix: string, revision: number, options: { previous?: boolean; signal?: AbortSignal } = {}): AsyncIterable<WatchBatch> {
    const key = prefix === '' ? Uint8Array.of(0) : bytes(prefix);
    const end = prefix === '' ? Uint8Array.of(0) : (prefixEnd(key) ?? Uint8Array.of(0));
    const onAbort = (): void => watcher.buffer.end();
    const close = (): void => {
      this.#all.delete(watcher);
      this.#watchers.delete(watcher.range, watcher);
      options.signal?.removeEventListener('abort', onAbort);
    };
    const watcher: Watcher = {
      buffer: new WatchBuffer(close),
      range: keyRange(key, end),
      from: revision,
      previous: options.previous === true,
    };
    if (this.#closed) watcher.buffer.end(new StoreError('Unavailable', 'the store is closed'));
    else if (options.signal?.aborted === true) watcher.buffer.end();
    else this.#start(watcher, key, end);
    options.signal?.addEventListener('abort', onAbort, { once: true });
    return watcher.buffer;
  }

  progressMode(): ProgressMode {
    return 'pushed';
  }

  async requestProgress(): Promise<void> {
    for (const watcher of this.#all) watcher.buffer.push([], this.#mvcc.revision);
  }

  async leaseGrant(ttlSeconds: number): Promise<bigint> {
    this.#check();
    const ID = BigInt(randomInt(this.#random, 2 ** 53 - 1)) + 1n;
    this.#apply({ $case: 'leaseGrant', value: { ID, TTL: BigInt(Math.max(1, Math.ceil(ttlSeconds))) } });
    if (this.#clock !== undefined) this.#times.renew(ID, BigInt(Math.ceil(ttlSeconds)), this.#clock.monotonic());
    this.#expireLater();
    return ID;
  }

  async compact(revision: number): Promise<void> {
    this.#check();
    this.#apply({ $case: 'compaction', value: { revision: BigInt(revision) } });
    for (const removals of this.#mvcc.collectGarbage(10_000)) for (const { key } of removals) this.#disk.delete(keyText(key));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    for (const watcher of this.#all) watcher.buffer.end(new StoreError('Unavailable', 'the store is closed'));
  }

  #start(watcher: Watcher, key: Uint8Array, end: Uint8Array): void {
    const current = this.#mvcc.revision;
    this.#all.add(watcher);
    this.#watchers.add(watcher.range, watcher);
    if (watcher.from <= 0 || watcher.from > current) {
      watcher.buffer.push([], current);
      return;
    }
    try {
      const items = this.#mvcc.history(key, end, watcher.from, current);
      const events = items.map(({ revision, isTombstone, previous }): StoreEvent => {
        const kv = decodeKeyValue(this.#value(dataKey(revision, isTombstone)));
        return this.#event(isTombstone ? 'delete' : 'put', { ...kv, modRevision: BigInt(revision.main) }, previous, watcher.previous);
      });
      watcher.buffer.push(events, current);
    } catch (error) {
      watcher.buffer.end(error instanceof MvccError ? refused(error, this.#mvcc.compactRevision) : (error as Error));
    }
  }

  #apply(command: Command): Reply {
    const applied: Applied = this.#mvcc.apply(command, this.#reader);
    if (applied.reply instanceof MvccError) throw refused(applied.reply, this.#mvcc.compactRevision);
    for (const { key, value } of applied.writes) {
      if (value === undefined) this.#disk.delete(keyText(key));
      else this.#disk.set(keyText(key), value);
    }
    if (applied.events.length > 0) this.#publish(applied.events);
    return applied.reply;
  }

  #publish(events: readonly StoredEvent[]): void {
    const matched = this.#watchers.match(events);
    for (const watcher of this.#all) {
      const own = (matched.get(watcher) ?? []).filter((event) => event.revision.main >= watcher.from);
      watcher.buffer.push(own.map((event) => this.#event(event.type, event.kv, event.previous, watcher.previous)), this.#mvcc.revision);
    }
  }

  #event(type: 'put' | 'delete', kv: KeyValue, previous: Revision | undefined, withPrevious: boolean): StoreEvent {
    const before = withPrevious && previous !== undefined ? this.#disk.get(keyText(dataKey(previous))) : undefined;
    return {
      type,
      key: text(kv.key),
      value: kv.value,
      createRevision: Number(kv.createRevision),
      modRevision: Number(kv.modRevision),
      ...(before === undefined ? {} : { previous: toStored(decodeKeyValue(before)) }),
    };
  }

  #value(diskKey: Uint8Array): Uint8Array {
    const value = this.#disk.get(keyText(diskKey));
    if (value === undefined) throw new StoreError('Internal', 'a value is missing in memory');
    return value;
  }

  #expireLater(): void {
    const clock = this.#clock;
    const at = this.#times.nextAt();
    this.#timer?.cancel();
    if (clock === undefined || at === undefined || this.#closed) return;
    this.#timer = clock.setTimer(Math.max(0, at - clock.monotonic()), () => {
      for (const ID of this.#times.expired(clock.monotonic(), 1000)) this.#apply({ $case: 'leaseRevoke', value: { ID } });
      this.#expireLater();
    });
  }

  #check(signal?: AbortSignal): void {
    signal?.throwIfAborted();
    if (this.#closed) throw new StoreError('Unavailable', 'the store is closed');
  }
}

function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof MvccError ? refused(error, undefined) : error;
  }
}

function refused(error: MvccError, compactRevision: number | undefined): StoreError {
  const kind = error.kind === 'Compacted' || error.kind === 'FutureRevision' ? error.kind : 'Internal';
  return new StoreError(kind, error.message, { cause: error, ...(compactRevision === undefined ? {} : { compactRevision }) });
}
