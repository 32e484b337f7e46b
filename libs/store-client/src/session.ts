import { setImmediate } from 'node:timers';
import { bidi, GrpcError, status, type BidiCall, type Client } from '@rhythm/grpc';
import type { RangeRequest, RangeResponse, TxnRequest, TxnResponse } from '@rhythm/proto/etcd';
import { encodeMessage } from '@rhythm/proto/encode';
import { Requests, TransactionsService, type Replies, type Reply, type Request } from '@rhythm/proto/store';

/** Requests waiting for an answer on one stream. */
const pendingMax = 8_000;
/** Requests in one message. */
const batchMax = 512;
/** Bytes of keys and values in one message: half of what a store takes at least (etcd: 2 MiB), which leaves room for the envelope. */
const batchBytesMax = 1024 * 1024;
/** etcd's limit for one request. A larger one would end the stream for everybody on it, so it is not sent. */
const requestBytesMax = 1.5 * 1024 * 1024;

/** Values are copied into memory that is used again, not into a buffer that grows with each of them. */
const method = { ...TransactionsService.session, requestSerialize: (requests: Requests) => encodeMessage((writer) => Requests.encode(requests, writer)) };

interface Pending {
  isSent: boolean;
  resolve(reply: Reply['reply']): void;
  reject(error: Error): void;
}

/**
 * Ranges and transactions in batches on one stream (proto/rhythm/store/v1). What is asked for in one turn of the event
 * loop, or while a message is on its way, goes into the next one. Fails as the unary methods do; once broken it stays so.
 */
export class Session {
  /** Resolves when the stream is over. */
  readonly closed: Promise<GrpcError | undefined>;
  readonly #call: BidiCall<Requests, Replies>;
  readonly #pending = new Map<bigint, Pending>();
  #outbox: Request[] = [];
  #isSending = false;
  #nextId = 1n;
  #failure: GrpcError | undefined;

  constructor(client: Client) {
    this.#call = bidi(client, method);
    this.closed = this.#read();
  }

  get isOpen(): boolean {
    return this.#failure === undefined;
  }

  async range(value: RangeRequest, signal?: AbortSignal): Promise<RangeResponse> {
    const reply = await this.#ask({ $case: 'range', value }, signal);
    if (reply?.$case !== 'range') throw new GrpcError(status.INTERNAL, 'the answer to a range is none');
    return reply.value;
  }

  async txn(value: TxnRequest, signal?: AbortSignal): Promise<TxnResponse> {
    const reply = await this.#ask({ $case: 'txn', value }, signal);
    if (reply?.$case !== 'txn') throw new GrpcError(status.INTERNAL, 'the answer to a transaction is none');
    return reply.value;
  }

  close(): void {
    this.#call.cancel();
  }

  #ask(request: Request['request'], signal: AbortSignal | undefined): Promise<Reply['reply']> {
    if (this.#failure !== undefined) return Promise.reject(notSent(this.#failure));
    if (signal?.aborted === true) return Promise.reject(new GrpcError(status.CANCELLED, 'cancelled by the caller'));
    if (bytesOf(request) > requestBytesMax) return Promise.reject(new GrpcError(status.INVALID_ARGUMENT, 'etcdserver: request is too large'));
    if (this.#pending.size >= pendingMax) return Promise.reject(new GrpcError(status.RESOURCE_EXHAUSTED, 'etcdserver: too many requests'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#pending.delete(id);
        reject(new GrpcError(status.CANCELLED, 'cancelled by the caller', { cause: signal?.reason }));
      };
      const done = (): void => signal?.removeEventListener('abort', onAbort);
      const pending: Pending = {
        isSent: false,
        resolve: (reply) => (done(), resolve(reply)),
        reject: (error) => (done(), reject(error)),
      };
      this.#pending.set(id, pending);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#outbox.push({ id, request });
      this.#sendSoon();
    });
  }

  /**
   * A request that is alone leaves at once, after the callers that are about to ask as well. While others wait for their answers, those of one turn of
   * the event loop leave together: whoever asks for them, each in a callback of its own, is seldom alone in it, and a message costs more than a request.
   */
  #sendSoon(): void {
    if (this.#isSending || this.#outbox.length > 1) return;
    if (this.#pending.size > 1) setImmediate(() => void this.#send());
    else queueMicrotask(() => void this.#send());
  }

  async #send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.#outbox.length > 0) {
        const requests = this.#outbox.splice(0, batchLength(this.#outbox));
        for (const { id } of requests) {
          const pending = this.#pending.get(id);
          if (pending !== undefined) pending.isSent = true;
        }
        await this.#call.write({ requests });
      }
    } catch {
      // The stream is over: whoever waits is told by `#read`.
    } finally {
      this.#isSending = false;
    }
  }

  async #read(): Promise<GrpcError | undefined> {
    let failure: GrpcError | undefined;
    try {
      for await (const { replies } of this.#call.messages) for (const reply of replies) this.#take(reply);
    } catch (error) {
      failure = error as GrpcError;
    }
    this.#failure = failure ?? new GrpcError(status.UNAVAILABLE, 'the stream to the store ended');
    for (const pending of this.#pending.values()) pending.reject(pending.isSent ? this.#failure : notSent(this.#failure));
    this.#pending.clear();
    this.#outbox = [];
    return failure;
  }

  #take({ id, reply }: Reply): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    if (reply?.$case === 'failure') pending.reject(new GrpcError(reply.value.code as GrpcError['code'], reply.value.message));
    else pending.resolve(reply);
  }
}

/** How many of the first requests go into one message: at least one. */
function batchLength(requests: readonly Request[]): number {
  let bytes = 0;
  const end = requests.slice(0, batchMax).findIndex(({ request }) => (bytes += bytesOf(request)) > batchBytesMax);
  return end === -1 ? Math.min(requests.length, batchMax) : Math.max(1, end);
}

/** What a request writes; the rest of it is small. */
function bytesOf(request: Request['request']): number {
  if (request?.$case !== 'txn') return 0;
  return [...request.value.success, ...request.value.failure].reduce((sum, { request: each }) => sum + (each?.$case === 'requestPut' ? each.value.key.length + each.value.value.length : 0), 0);
}

function notSent(cause: GrpcError): GrpcError {
  return new GrpcError(status.UNAVAILABLE, `No connection established: ${cause.details}`, { cause });
}
