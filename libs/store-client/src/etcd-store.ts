import { repeatedly, type Clock, type Live, type Log, type Random } from '@rhythm/base';
import { dialGrpc, unary, type CallSettings, type ClientTls } from '@rhythm/grpc';
import { prefixEnd } from '@rhythm/mvcc';
import { KVClient, KVService, LeaseService, type RangeRequest, type RangeResponse, type TxnRequest, type TxnResponse } from '@rhythm/proto/etcd';
import { readError, writeError } from './etcd-errors.ts';
import { probe, type Peer } from './probe.ts';
import { bytes, rangeRequest, toStored, txnRequest } from './requests.ts';
import { StoreError, type ModRevisionIs, type ProgressMode, type RangeOptions, type RangeResult, type Store, type StoreWrite, type TxnResult, type WatchBatch } from './store.ts';
import { WatchBuffer } from './watch-buffer.ts';
import { WatchMux } from './watch-mux.ts';

export interface EtcdStoreOptions {
  /** `host:port` of the members of one cluster. */
  readonly endpoints: readonly string[];
  /** Plain text without it. */
  readonly tls?: ClientTls | Live<ClientTls>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** How long the first contact may take; default 15 s. */
  readonly connectTimeoutMs?: number;
}

const connectTimeoutMsDefault = 15_000;
/** A call without an answer; longer than the store's own limit of 7 s. */
const deadlineMs = 10_000;
const retry = { initialMs: 50, maxMs: 1000, factor: 2, jitter: 0.5 };
/** Attempts at a read while the connection is down: about 3 s. */
const readAttempts = 7;
const largestResponseBytes = 256 * 1024 * 1024;

/**
 * A store behind any etcd v3 endpoint: ours or etcd. Resolves once the endpoint has said what it can do; rejects with
 * `StoreError` Unavailable when none answers in time.
 */
export async function etcdStore(options: EtcdStoreOptions): Promise<Store> {
  const store = new EtcdStore(options);
  try {
    await store.connect(options.connectTimeoutMs ?? connectTimeoutMsDefault);
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

class EtcdStore implements Store {
  readonly #client: InstanceType<typeof KVClient>;
  readonly #options: EtcdStoreOptions;
  readonly #watches: WatchMux;
  #peer: Peer | undefined;
  #probing: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: EtcdStoreOptions) {
    this.#options = options;
    this.#client = dialGrpc(KVClient, {
      targets: options.endpoints,
      receiveBytesMax: largestResponseBytes,
      // Of several members one that answers may have lost the others: a call that fails is tried on the next.
      ...(options.endpoints.length > 1 ? { balance: 'round-robin' as const } : {}),
      ...(options.tls === undefined ? {} : { tls: options.tls }),
    });
    this.#watches = new WatchMux(this.#client, options.clock, options.random, () => this.#probe());
  }

  async connect(timeoutMs: number): Promise<void> {
    const { clock, random, endpoints } = this.#options;
    const until = clock.monotonic() + timeoutMs;
    const isPassing = (error: unknown): boolean => {
      if (clock.monotonic() >= until) throw new StoreError('Unavailable', `no store answers at ${endpoints.join(', ')}`, { cause: error });
      return true;
    };
    await repeatedly(() => this.#probe(), { isPassing, backoff: retry, clock, random });
  }

  async range(key: string, options: RangeOptions = {}): Promise<RangeResult> {
    const response = await this.#read(rangeRequest(key, options), options.signal);
    return { values: response.kvs.map(toStored), revision: revisionOf(response), count: Number(response.count), more: response.more };
  }

  async txn(compares: readonly ModRevisionIs[], writes: readonly StoreWrite[], signal?: AbortSignal): Promise<TxnResult> {
    const response = await this.#write(txnRequest(compares, writes) as TxnRequest, signal);
    const current = response.succeeded
      ? []
      : response.responses.map(({ response: op }) => {
          const kv = op?.$case === 'responseRange' ? op.value.kvs[0] : undefined;
          return kv === undefined ? undefined : toStored(kv);
        });
    return { succeeded: response.succeeded, revision: revisionOf(response), current };
  }

  watch(prefix: string, revision: number, options: { previous?: boolean; signal?: AbortSignal } = {}): AsyncIterable<WatchBatch> {
    const key = prefix === '' ? Uint8Array.of(0) : bytes(prefix);
    const rangeEnd = prefix === '' ? Uint8Array.of(0) : (prefixEnd(key) ?? Uint8Array.of(0));
    let remove = (): void => undefined;
    const onAbort = (): void => buffer.end();
    const buffer: WatchBuffer = new WatchBuffer(() => {
      options.signal?.removeEventListener('abort', onAbort);
      remove();
    });
    if (this.#isClosed) buffer.end(new StoreError('Unavailable', 'the store is closed'));
    else if (options.signal?.aborted === true) buffer.end();
    else remove = this.#watches.add({ key, rangeEnd, from: revision, previous: options.previous === true, buffer });
    options.signal?.addEventListener('abort', onAbort, { once: true });
    return buffer;
  }

  progressMode(): ProgressMode {
    return this.#peer?.progressMode ?? 'none';
  }

  async requestProgress(): Promise<void> {
    this.#watches.requestProgress();
  }

  async leaseGrant(ttlSeconds: number): Promise<bigint> {
    try {
      const { ID } = await unary(this.#client, LeaseService.leaseGrant, { ID: 0n, TTL: BigInt(Math.max(1, Math.ceil(ttlSeconds))) }, this.#settings());
      return ID;
    } catch (error) {
      throw writeError(error);
    }
  }

  async compact(revision: number): Promise<void> {
    try {
      await unary(this.#client, KVService.compact, { revision: BigInt(revision), physical: false }, this.#settings());
    } catch (error) {
      throw writeError(error);
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#watches.close();
    this.#peer?.session?.close();
    this.#client.close();
  }

  /** A read changes nothing, so it is asked again while the connection comes back. */
  async #read(request: RangeRequest, signal: AbortSignal | undefined): Promise<RangeResponse> {
    const { clock, random } = this.#options;
    const ask = async (): Promise<RangeResponse> => {
      const session = await this.#session();
      return session !== undefined ? session.range(request, signal) : unary(this.#client, KVService.range, request, this.#settings(signal));
    };
    const isPassing = (error: unknown, failures: number): boolean => {
      signal?.throwIfAborted();
      const failure = readError(error);
      if (failure.kind !== 'Unavailable' || failures >= readAttempts || this.#isClosed) throw failure;
      return true;
    };
    return repeatedly(ask, { isPassing, backoff: retry, clock, random, signal });
  }

  async #write(request: TxnRequest, signal: AbortSignal | undefined): Promise<TxnResponse> {
    try {
      const session = await this.#session();
      return session !== undefined ? await session.txn(request, signal) : await unary(this.#client, KVService.txn, request, this.#settings(signal));
    } catch (error) {
      throw writeError(error);
    }
  }

  /** The batched stream, opened anew when it broke; undefined where the endpoint has none. */
  async #session(): Promise<Peer['session']> {
    if (this.#isClosed) throw new StoreError('Unavailable', 'the store is closed');
    const session = this.#peer?.session;
    if (this.#peer !== undefined && (session === undefined || session.isOpen)) return session;
    try {
      await this.#probe();
    } catch (error) {
      throw readError(error);
    }
    return this.#peer?.session;
  }

  /** Asks the endpoint what it can do; callers at the same time share one answer. */
  #probe(): Promise<void> {
    this.#probing ??= this.#probeNow().finally(() => {
      this.#probing = undefined;
    });
    return this.#probing;
  }

  async #probeNow(): Promise<void> {
    if (this.#isClosed) throw new StoreError('Unavailable', 'the store is closed');
    if (this.#peer?.session?.isOpen === true) return;
    const before = this.#peer;
    const peer = await probe(this.#client, this.#options.clock);
    this.#peer = peer;
    if (before?.version !== peer.version || before.progressMode !== peer.progressMode) {
      this.#options.log.info('store found', { version: peer.version, progress: peer.progressMode, batched: peer.session !== undefined });
    }
    if (this.#isClosed) peer.session?.close();
  }

  #settings(signal?: AbortSignal): CallSettings {
    return { deadlineMs, clock: this.#options.clock, ...(signal === undefined ? {} : { signal }) };
  }
}

function revisionOf({ header }: { header: { revision: bigint } | undefined }): number {
  if (header === undefined) throw new StoreError('Internal', 'the store answered without a header');
  return Number(header.revision);
}
