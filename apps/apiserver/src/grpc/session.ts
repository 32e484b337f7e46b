import { ApiError, toApiError } from '@rhythm/api';
import { causeChain, type Clock, type Log } from '@rhythm/base';
import { drained, incoming, joinPieces, Metadata, Outbox, piecesOf, sessionLimits, type CallContext, type ServerDuplexStream } from '@rhythm/grpc';
import type { ClientFrame, ClientFrames, Request, Response, ServerFrame, ServerFrames } from '@rhythm/proto/api';
import type { ApiPipeline, Caller, ResourceResponse } from '../ports/types.ts';
import { warningsOf } from '../pipeline/warned.ts';
import { callerOf } from './caller.ts';
import { Credit } from './credit.ts';
import { errorResponse } from './errors.ts';
import type { GrpcLimits } from './limits.ts';
import { bodyTooLarge, resourceRequest, verbOf } from './request.ts';
import { pumpWatch } from './watch-pump.ts';

export interface SessionPorts {
  readonly pipeline: ApiPipeline;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: GrpcLimits;
}

/** A request whose body is still coming. */
interface PartialRequest {
  readonly request: Request;
  readonly deadlineMs: number;
  readonly pieces: Uint8Array[];
  bytes: number;
}

/** A request or a watch at work. */
interface Active {
  readonly abort: AbortController;
  /** Of watches. */
  readonly credit?: Credit;
}

/** How often a session that ends looks whether all is answered. */
const drainPollMs = 5;

type SessionCall = ServerDuplexStream<ClientFrames, ServerFrames>;

/** One session: a caller's stream of requests and watches. Each goes through the pipeline as if it had come alone. */
export class Session {
  readonly #call: SessionCall;
  readonly #context: CallContext;
  readonly #caller: Caller;
  readonly #ports: SessionPorts;
  readonly #outbox: Outbox<ServerFrame>;
  readonly #partial = new Map<bigint, PartialRequest>();
  readonly #active = new Map<bigint, Active>();
  #partialBytes = 0;
  /** Requests neither settled in the pipeline nor answered whole; those that were cancelled count until they settle. */
  #requests = 0;
  #watches = 0;
  /** Requests that are not yet answered or given up. */
  #unanswered = 0;
  #isDraining = false;

  constructor(call: SessionCall, context: CallContext, ports: SessionPorts) {
    this.#call = call;
    this.#context = context;
    this.#caller = callerOf(context);
    this.#ports = ports;
    this.#outbox = new Outbox({ send: (frames) => this.#send(frames), highWaterBytes: ports.limits.outboxBytesMax });
  }

  /** Serves until the caller ends or goes. */
  async run(): Promise<void> {
    this.#call.on('error', () => undefined);
    // Headers at once: the caller learns that the session stands.
    this.#call.sendMetadata(new Metadata());
    try {
      for await (const message of incoming(this.#call)) {
        for (const frame of message.frames) this.#receive(frame);
        // One who asks without reading the answers is not read either.
        await this.#outbox.ready();
      }
    } catch (error) {
      this.#ports.log.info('a session broke', { error: causeChain(error) });
    } finally {
      for (const active of this.#active.values()) active.abort.abort(new ApiError('ServiceUnavailable', 'the session is over'));
      this.#partial.clear();
      this.#outbox.close();
      this.#call.end();
    }
  }

  /** Takes no more requests; resolves when those at work have been answered, or the signal aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#isDraining = true;
    while ((this.#unanswered > 0 || this.#outbox.queuedBytes > 0) && !signal.aborted) await this.#ports.clock.sleep(drainPollMs, signal).catch(() => undefined);
  }

  /** Ends the stream; the caller reconnects, here or elsewhere. */
  close(): void {
    this.#outbox.close();
    this.#call.end();
  }

  async #send(frames: ServerFrame[]): Promise<void> {
    if (this.#context.signal.aborted) throw new Error('the caller has gone');
    if (!this.#call.write({ frames })) await drained(this.#call, this.#context.signal);
  }

  #receive(frame: ClientFrame): void {
    switch (frame.frame?.$case) {
      case 'request':
        this.#part(frame.id, frame.frame.value, frame);
        return;
      case 'credit':
        this.#active.get(frame.id)?.credit?.add(frame.frame.value.bytes);
        return;
      case 'cancel':
        this.#cancel(frame.id);
        return;
      // A frame from a newer client.
      case undefined:
        return;
    }
  }

  #cancel(id: bigint): void {
    this.#dropPartial(id);
    this.#active.get(id)?.abort.abort(new ApiError('ServiceUnavailable', 'the caller cancelled the request'));
    this.#active.delete(id);
    this.#outbox.drop(id);
  }

  /** Collects a body, then starts the request. */
  #part(id: bigint, request: Request, frame: ClientFrame): void {
    if (this.#active.has(id)) {
      // Whose answer would it be?
      this.#cancel(id);
      this.#answer(id, errorResponse(new ApiError('BadRequest', `the id ${id} is in use`)));
      return;
    }
    const partial = this.#partial.get(id) ?? { request, deadlineMs: frame.deadlineMs, pieces: [], bytes: 0 };
    partial.pieces.push(request.body);
    partial.bytes += request.body.length;
    const { bodyBytesMax, partialBytesMax, requestsMax } = this.#ports.limits;
    const refusal =
      partial.bytes > bodyBytesMax
        ? bodyTooLarge(bodyBytesMax)
        : frame.more && (this.#partialBytes + request.body.length > partialBytesMax || this.#partial.size >= requestsMax)
          ? new ApiError('TooManyRequests', 'too many unfinished requests on this session')
          : undefined;
    if (refusal !== undefined) {
      this.#dropPartial(id);
      this.#answer(id, errorResponse(refusal));
    } else if (frame.more) {
      this.#partial.set(id, partial);
      this.#partialBytes += request.body.length;
    } else {
      this.#dropPartial(id);
      void this.#start(id, partial);
    }
  }

  #dropPartial(id: bigint): void {
    const partial = this.#partial.get(id);
    if (partial === undefined) return;
    this.#partial.delete(id);
    this.#partialBytes -= partial.pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  async #start(id: bigint, partial: PartialRequest): Promise<void> {
    try {
      if (this.#isDraining) throw new ApiError('ServiceUnavailable', 'the server is shutting down');
      const verb = verbOf(partial.request.verb);
      const body = joinPieces(partial.pieces);
      if (verb === 'watch') await this.#watch(id, partial.request, body);
      else await this.#request(id, verb, partial.request, body, partial.deadlineMs);
    } catch (error) {
      const failure = toApiError(error);
      if (failure.reason === 'InternalError') this.#ports.log.error('a request failed', { error: causeChain(error) });
      this.#answer(id, errorResponse(failure, warningsOf(error)));
    }
  }

  async #request(id: bigint, verb: string, request: Request, body: Uint8Array, deadlineMs: number): Promise<void> {
    const { pipeline, clock, limits } = this.#ports;
    if (this.#requests >= limits.requestsMax) throw new ApiError('TooManyRequests', `more than ${limits.requestsMax} requests at a time on this session`);
    const abort = new AbortController();
    const limitMs = deadlineMs === 0 ? limits.requestMs : Math.min(deadlineMs, limits.requestMs);
    const late = Promise.withResolvers<never>();
    late.promise.catch(() => undefined);
    const timer = clock.setTimer(limitMs, () => {
      const error = new ApiError('Timeout', `the request took longer than ${limitMs} ms`);
      abort.abort(error);
      late.reject(error);
    });
    const handled = pipeline.handle(resourceRequest(request, verb, body, this.#caller, abort.signal));
    this.#active.set(id, { abort });
    this.#requests++;
    this.#unanswered++;
    try {
      const response = await Promise.race([handled, late.promise]);
      if (this.#current(id, abort)) await this.#respond(id, response, abort.signal);
    } catch (error) {
      if (this.#current(id, abort)) throw error;
    } finally {
      timer.cancel();
      this.#unanswered--;
      if (this.#current(id, abort)) this.#active.delete(id);
      const settled = (): void => void this.#requests--;
      handled.then(settled, settled);
    }
  }

  async #watch(id: bigint, request: Request, body: Uint8Array): Promise<void> {
    const { pipeline, clock, limits } = this.#ports;
    if (this.#watches >= limits.watchesMax) throw new ApiError('TooManyRequests', `more than ${limits.watchesMax} watches on this session`);
    const abort = new AbortController();
    const credit = new Credit();
    this.#active.set(id, { abort, credit });
    this.#watches++;
    try {
      const watch = await pipeline.watch(resourceRequest(request, 'watch', body, this.#caller, abort.signal));
      await pumpWatch({ id, watch, credit, outbox: this.#outbox, clock, creditWaitMs: limits.creditWaitMs, signal: abort.signal });
      if (this.#current(id, abort)) this.#answer(id, { code: 200, contentType: watch.contentType, body: new Uint8Array(), warnings: [...(watch.warnings ?? [])] });
    } catch (error) {
      if (this.#current(id, abort)) throw error;
    } finally {
      this.#watches--;
      if (this.#current(id, abort)) this.#active.delete(id);
      abort.abort(new ApiError('ServiceUnavailable', 'the watch is over'));
    }
  }

  /** Whether the id still stands for this request: it was not cancelled, nor taken again. */
  #current(id: bigint, abort: AbortController): boolean {
    return this.#active.get(id)?.abort === abort;
  }

  async #respond(id: bigint, response: ResourceResponse, signal: AbortSignal): Promise<void> {
    const { code, contentType, body } = response;
    const head = { code, contentType, warnings: [...response.warnings] };
    if (body instanceof Uint8Array) {
      for (const { piece, more } of piecesOf(body, sessionLimits.frameBytesMax)) await this.#piece(id, { ...head, body: piece }, more, signal);
      return;
    }
    for await (const part of body) {
      for (const { piece } of piecesOf(part, sessionLimits.frameBytesMax)) await this.#piece(id, { ...head, body: piece }, true, signal);
    }
    await this.#piece(id, { ...head, body: new Uint8Array() }, false, signal);
  }

  async #piece(id: bigint, value: Response, more: boolean, signal: AbortSignal): Promise<void> {
    await this.#outbox.pushWhenReady(id, { id, frame: { $case: 'response', value }, more }, value.body.length, signal);
  }

  #answer(id: bigint, value: Response): void {
    this.#outbox.push(id, { id, frame: { $case: 'response', value }, more: false }, value.body.length);
  }
}
