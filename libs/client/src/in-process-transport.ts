import { ApiError, toApiError } from '@rhythm/api';
import type { ApiTransport, TransportEvent, TransportRequest, TransportResponse } from './transport.ts';

/** The apiserver's pipeline as far as a client in the same process needs it; `C` is its idea of a caller. */
export interface PipelineLike<C> {
  handle(request: PipelineRequest<C>): Promise<{
    readonly code: number;
    readonly contentType: string;
    readonly body: Uint8Array | AsyncIterable<Uint8Array>;
    readonly warnings: readonly string[];
  }>;
  watch(request: PipelineRequest<C>): Promise<AsyncIterable<readonly TransportEvent[]>>;
}

export type PipelineRequest<C> = Omit<TransportRequest, 'signal'> & { readonly caller: C; readonly userAgent: string; readonly signal: AbortSignal };

/** A transport without a network: for tests, simulation and components that run inside the apiserver. */
export function inProcessTransport<C>(pipeline: PipelineLike<C>, caller: C, userAgent = 'rhythm/in-process'): ApiTransport {
  const closing = new AbortController();

  function signalOf(request: TransportRequest): AbortSignal {
    return request.signal === undefined ? closing.signal : AbortSignal.any([closing.signal, request.signal]);
  }

  async function request(sent: TransportRequest): Promise<TransportResponse> {
    const signal = signalOf(sent);
    if (signal.aborted) throw cancelled(signal);
    try {
      const response = await pipeline.handle({ ...sent, caller, userAgent, signal });
      return { ...response, body: await whole(response.body) };
    } catch (error) {
      if (signal.aborted) throw cancelled(signal);
      throw toApiError(error);
    }
  }

  async function* watch(sent: TransportRequest): AsyncGenerator<readonly TransportEvent[], void, void> {
    const leaving = new AbortController();
    const signal = AbortSignal.any([signalOf(sent), leaving.signal]);
    if (signal.aborted) return;
    try {
      for await (const batch of await pipeline.watch({ ...sent, caller, userAgent, signal })) {
        if (signal.aborted) return;
        yield batch;
      }
    } catch (error) {
      if (signal.aborted) return;
      throw toApiError(error);
    } finally {
      leaving.abort();
    }
  }

  return {
    request,
    watch,
    close: () => {
      closing.abort(new ApiError('ServiceUnavailable', 'the client is closed'));
      return Promise.resolve();
    },
  };
}

function cancelled(signal: AbortSignal): ApiError {
  return signal.reason instanceof ApiError ? signal.reason : new ApiError('ServiceUnavailable', 'the request was cancelled', { cause: signal.reason });
}

async function whole(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}
