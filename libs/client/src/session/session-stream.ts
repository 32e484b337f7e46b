import { ApiError } from '@rhythm/api';
import type { Clock, Timer } from '@rhythm/base';
import { joinPieces, Outbox, sessionLimits, type BidiCall, type GrpcError } from '@rhythm/grpc';
import type { ClientFrame, ClientFrames, Response, ServerFrame, ServerFrames } from '@rhythm/proto/api';
import type { TransportEvent, TransportRequest, TransportResponse } from '../transport.ts';
import { cancelFrame, creditFrame, requestFrames } from './frames.ts';
import { WatchInbox } from './watch-inbox.ts';

/** Largest reply that is put together. */
const responseBytesMax = 256 * 1024 * 1024;

interface Pending {
  readonly pieces: Uint8Array[];
  bytes: number;
  settle(result: TransportResponse | ApiError): void;
}

/** One open stream: many requests and watches by id. Over once `closed` resolves; then everything in flight has failed. */
export class SessionStream {
  readonly closed: Promise<ApiError>;
  readonly #call: BidiCall<ClientFrames, ServerFrames>;
  readonly #clock: Pick<Clock, 'setTimer'>;
  readonly #outbox: Outbox<ClientFrame>;
  readonly #pending = new Map<bigint, Pending>();
  readonly #watches = new Map<bigint, WatchInbox>();
  #failure: ApiError | undefined;
  #lastId = 0n;

  constructor(call: BidiCall<ClientFrames, ServerFrames>, clock: Pick<Clock, 'setTimer'>) {
    this.#call = call;
    this.#clock = clock;
    this.#outbox = new Outbox({ send: (frames) => call.write({ frames }) });
    this.closed = this.#read();
  }

  /** Requests and watches in flight. */
  get inFlight(): number {
    return this.#pending.size + this.#watches.size;
  }

  request(request: TransportRequest, deadlineMs: number): Promise<TransportResponse> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const { signal } = request;
      const give = (error: ApiError): void => {
        this.#send(cancelFrame(id));
        pending.settle(error);
      };
      const onAbort = (): void => give(new ApiError('ServiceUnavailable', 'the request was cancelled', { cause: signal?.reason }));
      const timer: Timer = this.#clock.setTimer(deadlineMs, () =>
        give(new ApiError('Timeout', `no answer to ${request.verb} ${request.resource} within ${deadlineMs} ms`)),
      );
      const pending: Pending = {
        pieces: [],
        bytes: 0,
        settle: (result) => {
          this.#pending.delete(id);
          timer.cancel();
          signal?.removeEventListener('abort', onAbort);
          if (result instanceof ApiError) reject(result);
          else resolve(result);
        },
      };
      this.#pending.set(id, pending);
      for (const { frame, bytes } of requestFrames(id, request, deadlineMs)) this.#outbox.push(id, frame, bytes);
      if (signal?.aborted === true) onAbort();
      else signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Batches of events; the credit goes back to the server as they are taken. */
  async *watch(request: TransportRequest): AsyncGenerator<readonly TransportEvent[], void, void> {
    if (this.#failure !== undefined) throw this.#failure;
    const id = ++this.#lastId;
    const inbox = new WatchInbox((bytes) => this.#send(creditFrame(id, bytes)));
    this.#watches.set(id, inbox);
    const { signal } = request;
    const stop = (): void => inbox.end();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      for (const { frame, bytes } of requestFrames(id, request, 0)) this.#outbox.push(id, frame, bytes);
      if (signal?.aborted === true) stop();
      for (let batch = await inbox.next(); batch !== undefined; batch = await inbox.next()) yield batch;
    } finally {
      signal?.removeEventListener('abort', stop);
      // Unless the server ended it itself.
      if (this.#watches.delete(id)) this.#send(cancelFrame(id));
    }
  }

  close(): void {
    this.#call.cancel();
  }

  #send(frame: ClientFrame): void {
    this.#outbox.push(frame.id, frame, 0);
  }

  async #read(): Promise<ApiError> {
    let cause: unknown;
    try {
      for await (const message of this.#call.messages) for (const frame of message.frames) this.#receive(frame);
    } catch (error) {
      cause = error;
    }
    const failure = lost(cause);
    this.#failure = failure;
    this.#outbox.close();
    this.#call.cancel();
    for (const pending of this.#pending.values()) pending.settle(failure);
    for (const [id, inbox] of this.#watches) {
      this.#watches.delete(id);
      inbox.end(failure);
    }
    return failure;
  }

  #receive(frame: ServerFrame): void {
    switch (frame.frame?.$case) {
      case 'events':
        this.#watches.get(frame.id)?.receive(frame.frame.value, frame.more);
        return;
      case 'response': {
        const inbox = this.#watches.get(frame.id);
        if (inbox === undefined) this.#received(frame.id, frame.frame.value, frame.more);
        else {
          this.#watches.delete(frame.id);
          inbox.finish(frame.frame.value);
        }
        return;
      }
      // A frame from a newer server.
      case undefined:
        return;
    }
  }

  /** Replies to what was cancelled meanwhile are dropped. */
  #received(id: bigint, response: Response, more: boolean): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    pending.pieces.push(response.body);
    pending.bytes += response.body.length;
    if (pending.bytes > responseBytesMax) {
      this.#send(cancelFrame(id));
      pending.settle(new ApiError('InternalError', `the reply is larger than ${responseBytesMax} bytes: ask for it in pages`));
    } else if (!more) {
      const { code, contentType, warnings } = response;
      pending.settle({ code, contentType, warnings, body: joinPieces(pending.pieces) });
    }
  }
}

/** The numbers that tests look at. */
export const streamLimits = { responseBytesMax, watchWindowBytes: sessionLimits.watchCreditInitial } as const;

function lost(cause: unknown): ApiError {
  const details = (cause as Partial<GrpcError> | undefined)?.details;
  const why = details === undefined || details === '' ? '' : `: ${details}`;
  return new ApiError('ServiceUnavailable', `the connection to the API server was lost${why}`, { cause });
}
