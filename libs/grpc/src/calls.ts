import { Metadata, status, type Client, type ClientDuplexStream, type ClientReadableStream, type ClientUnaryCall } from '@grpc/grpc-js';
import { systemClock } from '@rhythm/base';
import { GrpcError, toGrpcError } from './error.ts';
import type { CallSettings, Method } from './types.ts';

/** One request, one reply. Rejects with `GrpcError`. */
export function unary<Q, R>(client: Client, method: Method<Q, R>, request: Q, settings: CallSettings = {}): Promise<R> {
  return new Promise((resolve, reject) => {
    const guard = new CallGuard(settings);
    if (guard.failure !== undefined) {
      reject(guard.failure);
      return;
    }
    const call = client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      settings.metadata ?? new Metadata(),
      (error, reply) => {
        guard.done();
        if (error !== null) reject(guard.failure ?? toGrpcError(error));
        else if (reply === undefined) reject(new GrpcError(status.INTERNAL, 'no message in the reply'));
        else resolve(reply);
      },
    );
    guard.watch(call);
  });
}

/** One request, a stream of replies, read at the consumer's pace. Leaving the loop cancels the call. Throws `GrpcError`. */
export function serverStream<Q, R>(client: Client, method: Method<Q, R>, request: Q, settings: CallSettings = {}): AsyncIterable<R> {
  return {
    [Symbol.asyncIterator]: () => {
      const guard = new CallGuard(settings);
      if (guard.failure !== undefined) return failing(guard.failure);
      const call = client.makeServerStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        settings.metadata ?? new Metadata(),
      );
      guard.watch(call);
      return messagesOf<R>(call, guard);
    },
  };
}

/** An open call with streams both ways. */
export interface BidiCall<Q, R> {
  /** Sends one message. Resolves once the transport can take more, so awaiting it is back-pressure; rejects with `GrpcError` when the call is over. */
  write(message: Q): Promise<void>;
  /** No more messages from this side. */
  end(): void;
  /** The peer's messages, once; leaving the loop cancels the call. Throws `GrpcError`. */
  readonly messages: AsyncIterable<R>;
  /** Ends the call at once on both sides. Idempotent. */
  cancel(): void;
  /** Resolves once the server has answered with its headers, as `bidiHandler` does at once; rejects when the call ends without. */
  readonly opened: Promise<void>;
  /** Resolves when the call is over, with its failure or `undefined` for OK. */
  readonly closed: Promise<GrpcError | undefined>;
}

/** Opens a bidirectional stream. Connection failures arrive through `messages`, `write` and `closed`. */
export function bidi<Q, R>(client: Client, method: Method<Q, R>, settings: CallSettings = {}): BidiCall<Q, R> {
  const guard = new CallGuard(settings);
  const call = client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize, settings.metadata ?? new Metadata());
  guard.watch(call);
  if (guard.failure !== undefined) call.cancel();
  const writer = new Writer(call, guard);
  let taken = false;
  return {
    write: (message) => writer.write(message),
    end: () => {
      call.end();
    },
    messages: {
      [Symbol.asyncIterator]: () => {
        if (taken) throw new Error('the messages of a call can be read once');
        taken = true;
        return messagesOf<R>(call, guard);
      },
    },
    cancel: () => call.cancel(),
    opened: writer.opened,
    closed: writer.closed,
  };
}

/** Ends a call at its deadline or when its signal aborts, and remembers that it was us. */
class CallGuard {
  failure: GrpcError | undefined;
  readonly #settings: CallSettings;
  #stop: (() => void) | undefined;

  constructor(settings: CallSettings) {
    this.#settings = settings;
    if (settings.signal?.aborted === true) this.failure = cancelled(settings.signal);
  }

  watch(call: Pick<ClientUnaryCall, 'cancel'>): void {
    const { signal, deadlineMs, clock = systemClock } = this.#settings;
    const end = (failure: GrpcError): void => {
      this.failure ??= failure;
      call.cancel();
    };
    const onAbort = (): void => end(cancelled(signal));
    signal?.addEventListener('abort', onAbort, { once: true });
    const timer =
      deadlineMs === undefined
        ? undefined
        : clock.setTimer(deadlineMs, () => end(new GrpcError(status.DEADLINE_EXCEEDED, `no reply within ${deadlineMs} ms`)));
    this.#stop = () => {
      signal?.removeEventListener('abort', onAbort);
      timer?.cancel();
    };
  }

  done(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}

function cancelled(signal: AbortSignal | undefined): GrpcError {
  return new GrpcError(status.CANCELLED, 'cancelled by the caller', { cause: signal?.reason });
}

function failing<R>(error: Error): AsyncIterator<R> {
  return { next: () => Promise.reject(error) };
}

async function* messagesOf<R>(call: ClientReadableStream<R> | ClientDuplexStream<unknown, R>, guard: CallGuard): AsyncGenerator<R, void, void> {
  // The iterator below reports errors; this listener only keeps one that comes after it from ending the process.
  call.on('error', () => undefined);
  try {
    for await (const message of call) yield message as R;
  } catch (error) {
    throw guard.failure ?? toGrpcError(error);
  } finally {
    guard.done();
    call.cancel();
  }
}

/** Writing with back-pressure, and the end of the call. */
class Writer<Q, R> {
  readonly opened: Promise<void>;
  readonly closed: Promise<GrpcError | undefined>;
  readonly #call: ClientDuplexStream<Q, R>;
  #over: GrpcError | 'ok' | undefined;
  #drain: { readonly promise: Promise<void>; resolve(): void; reject(error: Error): void } | undefined;

  constructor(call: ClientDuplexStream<Q, R>, guard: CallGuard) {
    this.#call = call;
    const opened = Promise.withResolvers<void>();
    opened.promise.catch(() => undefined);
    this.opened = opened.promise;
    call.on('metadata', () => opened.resolve());
    call.on('error', () => undefined);
    call.on('drain', () => {
      this.#drain?.resolve();
      this.#drain = undefined;
    });
    this.closed = new Promise((resolve) => {
      call.on('status', (result) => {
        guard.done();
        const failure = result.code === status.OK ? undefined : (guard.failure ?? new GrpcError(result.code, result.details, { metadata: result.metadata }));
        this.#over = failure ?? 'ok';
        this.#drain?.reject(this.#failure());
        this.#drain = undefined;
        opened.reject(this.#failure());
        resolve(failure);
      });
    });
  }

  write(message: Q): Promise<void> {
    if (this.#over !== undefined) return Promise.reject(this.#failure());
    if (this.#call.write(message)) return Promise.resolve();
    if (this.#drain === undefined) {
      this.#drain = Promise.withResolvers<void>();
      this.#drain.promise.catch(() => undefined);
    }
    return this.#drain.promise;
  }

  #failure(): GrpcError {
    return this.#over instanceof GrpcError ? this.#over : new GrpcError(status.UNAVAILABLE, 'the call is over');
  }
}
