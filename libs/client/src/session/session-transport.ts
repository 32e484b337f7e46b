import { ApiError } from '@rhythm/api';
import { backoffDelay, causeChain, withTimeout, type BackoffOptions, type Clock, type Log, type Random } from '@rhythm/base';
import { bidi, dialGrpc, type ClientTls } from '@rhythm/grpc';
import { ApiClient as ApiService, ApiService as definition } from '@rhythm/proto/api';
import type { ApiTransport, TransportEvent, TransportRequest, TransportResponse } from '../transport.ts';
import { SessionStream } from './session-stream.ts';

export interface SessionTransportOptions {
  /** `host:port` of the gRPC faces of one or several apiservers. */
  readonly targets: readonly string[];
  /** Plain text without it. */
  /** A function is asked before each connection: certificates may have been renewed since the last. */
  readonly tls?: ClientTls | (() => ClientTls);
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  /** Who we say we are, for the audit log. */
  readonly userAgent?: string;
  /** A request without an answer fails after this long; default 30 s. Watches have no deadline. */
  readonly requestTimeoutMs?: number;
  /** How long a request waits for a connection; default 10 s. */
  readonly connectTimeoutMs?: number;
}

const backoff: BackoffOptions = { initialMs: 50, maxMs: 5_000, factor: 2, jitter: 0.5 };
/** A stream that lived this long was a good one: the next attempts begin without back-off. */
const goodStreamMs = 5_000;
/** Requests that wait for a connection. */
const waitingMax = 10_000;

/**
 * The components' way to the API: one long-lived stream to one of the apiservers, opened on the first request and
 * again, at another apiserver, whenever it breaks. A request in flight when it breaks fails with ServiceUnavailable,
 * and a write may then have happened; watches end with the same error.
 */
export function sessionTransport(options: SessionTransportOptions): ApiTransport {
  return new SessionTransport(options);
}

class SessionTransport implements ApiTransport {
  readonly #options: SessionTransportOptions;
  readonly #closing = new AbortController();
  #stream: SessionStream | undefined;
  #running: Promise<void> | undefined;
  #lastFailure: unknown;
  readonly #waiting = new Set<(stream: SessionStream) => void>();

  constructor(options: SessionTransportOptions) {
    if (options.targets.length === 0) throw new Error('no API server to connect to');
    this.#options = options;
  }

  async request(request: TransportRequest): Promise<TransportResponse> {
    const stream = this.#stream ?? (await this.#connected(request.signal));
    return stream.request(request, this.#options.requestTimeoutMs ?? 30_000);
  }

  async *watch(request: TransportRequest): AsyncGenerator<readonly TransportEvent[], void, void> {
    const stream = this.#stream ?? (await this.#connected(request.signal));
    yield* stream.watch(request);
  }

  async close(): Promise<void> {
    this.#closing.abort(new ApiError('ServiceUnavailable', 'the client is closed'));
    this.#stream?.close();
    await this.#running;
  }

  async #connected(signal: AbortSignal | undefined): Promise<SessionStream> {
    if (this.#closing.signal.aborted) throw new ApiError('ServiceUnavailable', 'the client is closed');
    this.#running ??= this.#run();
    if (this.#stream !== undefined) return this.#stream;
    if (this.#waiting.size >= waitingMax) throw new ApiError('TooManyRequests', `more than ${waitingMax} requests wait for a connection to the API server`);
    const { clock, connectTimeoutMs = 10_000 } = this.#options;
    const limit = withTimeout(clock, connectTimeoutMs, () => this.#noConnection(), signal);
    const opened = Promise.withResolvers<SessionStream>();
    const give = (): void => opened.reject(refusal(this.#closing.signal.aborted ? this.#closing.signal.reason : limit.signal.reason));
    this.#waiting.add(opened.resolve);
    limit.signal.addEventListener('abort', give, { once: true });
    this.#closing.signal.addEventListener('abort', give, { once: true });
    if (limit.signal.aborted) give();
    try {
      return await opened.promise;
    } finally {
      limit.cancel();
      this.#waiting.delete(opened.resolve);
      this.#closing.signal.removeEventListener('abort', give);
    }
  }

  #noConnection(): ApiError {
    return new ApiError('ServiceUnavailable', `no connection to the API server at ${this.#options.targets.join(', ')}`, { cause: this.#lastFailure });
  }

  /** Keeps a stream open until closed, going from target to target. */
  async #run(): Promise<void> {
    const { clock, random, targets } = this.#options;
    let failures = 0;
    // Components that start together spread over the apiservers.
    for (let at = Math.floor(random.next() * targets.length); !this.#closing.signal.aborted; at++) {
      const livedMs = await this.#session(targets[at % targets.length] ?? '');
      failures = livedMs >= goodStreamMs ? 0 : failures + 1;
      // After a good stream, and once round all targets, there is no reason to wait.
      if (failures < targets.length || this.#closing.signal.aborted) continue;
      await clock.sleep(backoffDelay(backoff, failures - targets.length, random), this.#closing.signal).catch(() => undefined);
    }
  }

  /** Opens a stream at one target and stays with it to its end; for how long it was open. */
  async #session(target: string): Promise<number> {
    const { tls, clock, log, userAgent, connectTimeoutMs = 10_000 } = this.#options;
    const client = dialGrpc(ApiService, { targets: target, ...(tls === undefined ? {} : { tls: typeof tls === 'function' ? tls() : tls }), ...(userAgent === undefined ? {} : { userAgent }) });
    const call = bidi(client, definition.session);
    const cancel = (): void => call.cancel();
    this.#closing.signal.addEventListener('abort', cancel, { once: true });
    const slow = clock.setTimer(connectTimeoutMs, cancel);
    try {
      await call.opened;
      slow.cancel();
      const openedMs = clock.monotonic();
      const stream = new SessionStream(call, clock);
      this.#open(stream, target);
      this.#lastFailure = await stream.closed;
      this.#stream = undefined;
      if (!this.#closing.signal.aborted) log.warn('the connection to the API server was lost', { target, error: causeChain(this.#lastFailure) });
      return clock.monotonic() - openedMs;
    } catch (error) {
      this.#lastFailure = error;
      if (!this.#closing.signal.aborted) log.info('no connection to the API server yet', { target, error: causeChain(error) });
      return 0;
    } finally {
      slow.cancel();
      this.#closing.signal.removeEventListener('abort', cancel);
      call.cancel();
      client.close();
    }
  }

  #open(stream: SessionStream, target: string): void {
    this.#options.log.info('connected to the API server', { target });
    this.#stream = stream;
    for (const resolve of this.#waiting) resolve(stream);
    this.#waiting.clear();
    if (this.#closing.signal.aborted) stream.close();
  }
}

function refusal(reason: unknown): ApiError {
  return reason instanceof ApiError ? reason : new ApiError('ServiceUnavailable', 'the request was cancelled', { cause: reason });
}
