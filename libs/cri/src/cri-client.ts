import { GrpcError, dialGrpc, serverStream, status, unary, type Client, type Method } from '@rhythm/grpc';
import type { Clock } from '@rhythm/base';
import { ImageServiceClient } from '@rhythm/proto/cri';
import { RuntimeError, type RuntimeErrorCode } from './runtime.ts';

/** A list of a thousand containers with their labels is below this. */
const receiveBytesMax = 16 * 1024 * 1024;

export interface CallOptions {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Calls on the runtime's socket. One channel carries every service that listens there. */
export class CriClient {
  readonly #client: Client;
  readonly #clock: Pick<Clock, 'setTimer'>;

  constructor(socket: string, clock: Pick<Clock, 'setTimer'>) {
    const target = socket.includes(':') ? socket : `unix:${socket}`;
    this.#client = dialGrpc(ImageServiceClient, { targets: target, receiveBytesMax, keepaliveMs: 0 });
    this.#clock = clock;
  }

  async call<Q, R>(method: Method<Q, R>, request: Q, options: CallOptions): Promise<R> {
    try {
      const { deadlineMs, signal } = options;
      return await unary(this.#client, method, request, { deadlineMs, clock: this.#clock, ...(signal === undefined ? {} : { signal }) });
    } catch (error) {
      throw runtimeError(method.path, error);
    }
  }

  stream<Q, R>(method: Method<Q, R>, request: Q, signal: AbortSignal): AsyncIterable<R> {
    return serverStream(this.#client, method, request, { signal });
  }

  close(): void {
    this.#client.close();
  }
}

const codes: ReadonlyMap<number, RuntimeErrorCode> = new Map([
  [status.NOT_FOUND, 'not-found'],
  [status.DEADLINE_EXCEEDED, 'timeout'],
  [status.UNAVAILABLE, 'unavailable'],
  [status.CANCELLED, 'cancelled'],
]);

/** The runtime's own text is kept whole: it holds the cause chain of CNI plugins and runc. */
function runtimeError(path: string, error: unknown): RuntimeError {
  const call = path.slice(path.lastIndexOf('/') + 1);
  if (!(error instanceof GrpcError)) return new RuntimeError('failed', `${call}: ${String(error)}`, { cause: error });
  return new RuntimeError(codes.get(error.code) ?? 'failed', `${call}: ${error.details}`, { details: error.details });
}
