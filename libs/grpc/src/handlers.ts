import type { EventEmitter } from 'node:events';
import {
  Metadata,
  status,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
} from '@grpc/grpc-js';
import { GrpcError, toGrpcError } from './error.ts';
import { kitHandler } from './kit-handler.ts';
import { peerIdentity, type PeerIdentity } from './peer.ts';

/** What a handler knows of its call. */
export interface CallContext {
  /** Aborts when the caller has cancelled or gone. */
  readonly signal: AbortSignal;
  readonly metadata: Metadata;
  readonly identity: PeerIdentity | undefined;
  /** `address:port` of the caller. */
  readonly peer: string;
}

/** A unary handler from an async function. Throw `GrpcError`; `mapError` turns what else is thrown into one (default: UNKNOWN). */
export function unaryHandler<Q, R>(
  handle: (request: Q, context: CallContext) => Promise<R>,
  mapError: (thrown: unknown) => GrpcError = toGrpcError,
): handleUnaryCall<Q, R> {
  const form: handleUnaryCall<Q, R> = (call, callback) => {
    handle(call.request, contextOf(call)).then(
      (reply) => callback(null, reply),
      (thrown: unknown) => callback(mapError(thrown)),
    );
  };
  return kitHandler(form, { kind: 'unary', handle: handle as (request: unknown, context: CallContext) => Promise<unknown>, mapError });
}

/** A server-streaming handler from an async iterable; the next message is asked for only when the transport can take it. */
export function serverStreamHandler<Q, R>(
  handle: (request: Q, context: CallContext) => AsyncIterable<R>,
  mapError: (thrown: unknown) => GrpcError = toGrpcError,
): handleServerStreamingCall<Q, R> {
  const form: handleServerStreamingCall<Q, R> = (call) => {
    const context = contextOf(call);
    void pump(handle(call.request, context), call, context.signal, mapError);
  };
  return kitHandler(form, { kind: 'serverStream', handle: handle as (request: unknown, context: CallContext) => AsyncIterable<unknown>, mapError });
}

/** A bidirectional handler: the caller's messages in, ours out, both with back-pressure. The call ends when the returned iterable does. */
export function bidiHandler<Q, R>(
  handle: (messages: AsyncIterable<Q>, context: CallContext) => AsyncIterable<R>,
  mapError: (thrown: unknown) => GrpcError = toGrpcError,
): handleBidiStreamingCall<Q, R> {
  const form: handleBidiStreamingCall<Q, R> = (call) => {
    const context = contextOf(call);
    // Headers now, not with the first message: the caller learns that the stream stands.
    call.sendMetadata(new Metadata());
    void pump(handle(incoming(call), context), call, context.signal, mapError);
  };
  return kitHandler(form, { kind: 'bidi', handle: handle as (messages: AsyncIterable<unknown>, context: CallContext) => AsyncIterable<unknown>, mapError });
}

/** One for all: grpc-js tells of the end of every call in this way, and making an error costs as much as a small call. */
const gone = new GrpcError(status.CANCELLED, 'the caller has gone');

/** The context of a raw call, for handlers written on the call itself. */
export function contextOf(call: ServerUnaryCall<unknown, unknown> | ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>): CallContext {
  const controller = new AbortController();
  const abort = (): void => controller.abort(gone);
  if (call.cancelled) abort();
  else (call as EventEmitter).once('cancelled', abort);
  return { signal: controller.signal, metadata: call.metadata, identity: peerIdentity(call), peer: call.getPeer() };
}

/** The caller's messages of a raw call; ends quietly when the caller ends or goes. */
export async function* incoming<Q>(call: ServerDuplexStream<Q, unknown>): AsyncGenerator<Q, void, void> {
  try {
    for await (const message of call.iterator({ destroyOnReturn: false }) as AsyncIterable<Q>) yield message;
  } catch (error) {
    if (!call.cancelled && !call.destroyed) throw error;
  }
}

async function pump<R>(
  replies: AsyncIterable<R>,
  call: ServerWritableStream<unknown, R> | ServerDuplexStream<unknown, R>,
  signal: AbortSignal,
  mapError: (thrown: unknown) => GrpcError,
): Promise<void> {
  call.on('error', () => undefined);
  try {
    for await (const reply of untilAborted(replies, signal)) {
      if (!call.write(reply)) await drained(call, signal);
    }
    if (!signal.aborted) call.end();
  } catch (thrown) {
    if (!signal.aborted) call.emit('error', mapError(thrown));
  }
}

/**
 * The items of `source` until the signal aborts. The source is told at once (`return`), also while it waits for its
 * next item, so that one that knows nothing of the signal is let go too.
 */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void, void> {
  const iterator = source[Symbol.asyncIterator]();
  let wake: (() => void) | undefined;
  const leave = (): void => {
    wake?.();
    iterator.return?.().then(undefined, () => undefined);
  };
  if (signal.aborted) leave();
  signal.addEventListener('abort', leave, { once: true });
  try {
    while (!signal.aborted) {
      // A promise of its own for each item: a race against one for the whole stream would keep every item for as long as the stream lives.
      const next = await new Promise<IteratorResult<T> | undefined>((resolve, reject) => {
        wake = () => resolve(undefined);
        iterator.next().then(resolve, reject);
      });
      if (next === undefined || next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', leave);
    // The consumer has left early; after the end this does nothing.
    if (!signal.aborted) iterator.return?.().then(undefined, () => undefined);
  }
}

/** Resolves when a server's stream can take more, or when its caller has gone. */
export function drained(call: ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      call.off('drain', finish);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    if (signal.aborted) {
      resolve();
      return;
    }
    call.once('drain', finish);
    signal.addEventListener('abort', finish, { once: true });
  });
}
