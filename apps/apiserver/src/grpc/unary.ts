import { ApiError } from '@rhythm/api';
import type { Clock } from '@rhythm/base';
import { joinPieces, untilAborted, type CallContext } from '@rhythm/grpc';
import type { Request, Response, WatchEvents } from '@rhythm/proto/api';
import type { ApiPipeline, ResourceRequest } from '../ports/types.ts';
import { flag } from '../streams/index.ts';
import { callerOf } from './caller.ts';
import { watchEvent } from './events.ts';
import type { GrpcLimits } from './limits.ts';
import { resourceRequest } from './request.ts';

/** Largest reply of a unary call: it has to be whole before it is sent. */
const responseBytesMax = 64 * 1024 * 1024;

/** The handler of one unary method, whose verb it implies. */
export function unaryMethod(pipeline: ApiPipeline, verb: string, limits: GrpcLimits, clock: Pick<Clock, 'setTimer'>) {
  return async (request: Request, context: CallContext): Promise<Response> => {
    const abort = new AbortController();
    const late = Promise.withResolvers<never>();
    late.promise.catch(() => undefined);
    const end = (error: ApiError): void => {
      abort.abort(error);
      late.reject(error);
    };
    const timer = clock.setTimer(limits.requestMs, () => end(new ApiError('Timeout', `the request took longer than ${limits.requestMs} ms`)));
    context.signal.addEventListener('abort', () => end(new ApiError('ServiceUnavailable', 'the caller has gone')), { once: true });
    try {
      const response = await Promise.race([pipeline.handle(withEnd(resourceRequest(request, verb, request.body, callerOf(context), abort.signal, limits.bodyBytesMax))), late.promise]);
      return { code: response.code, contentType: response.contentType, body: await whole(response.body), warnings: [...response.warnings] };
    } finally {
      timer.cancel();
    }
  };
}

/** The handler of Watch: a stream of its own, at the pace of its reader. */
export function watchMethod(pipeline: ApiPipeline, limits: GrpcLimits) {
  return async function* (request: Request, context: CallContext): AsyncGenerator<WatchEvents, void, void> {
    const watch = await pipeline.watch(resourceRequest(request, 'watch', request.body, callerOf(context), context.signal, limits.bodyBytesMax));
    let warnings = [...(watch.warnings ?? [])];
    if (warnings.length > 0) yield { events: [], warnings };
    warnings = [];
    for await (const batch of untilAborted(watch, context.signal)) yield { events: batch.map(watchEvent), warnings };
  };
}

/** The handler of Read: a reply in pieces, at the pace of its reader. */
export function readMethod(pipeline: ApiPipeline, limits: GrpcLimits) {
  return async function* (request: Request, context: CallContext): AsyncGenerator<Response, void, void> {
    const verb = request.name === '' ? 'list' : 'get';
    const response = await pipeline.handle(resourceRequest(request, verb, request.body, callerOf(context), context.signal, limits.bodyBytesMax));
    const { code, contentType, body } = response;
    if (body instanceof Uint8Array) {
      yield { code, contentType, body, warnings: [...response.warnings] };
      return;
    }
    yield { code, contentType, body: new Uint8Array(), warnings: [...response.warnings] };
    for await (const piece of untilAborted(body, context.signal)) yield { code: 0, contentType: '', body: piece, warnings: [] };
  };
}

/** A log that is followed never becomes a whole reply. */
function withEnd(request: ResourceRequest): ResourceRequest {
  const isEndless = request.subresource === 'log' && request.query !== undefined && flag(request.query, 'follow');
  return isEndless && request.refusal === undefined ? { ...request, refusal: new ApiError('BadRequest', 'a log that is followed has no end: ask for it with Read') } : request;
}

async function whole(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > responseBytesMax) throw new ApiError('RequestEntityTooLarge', `the reply is larger than ${responseBytesMax} bytes: ask for it in pages, or over a session`);
    pieces.push(piece);
  }
  return joinPieces(pieces);
}
