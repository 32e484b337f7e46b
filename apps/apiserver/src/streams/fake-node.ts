import type { BidiCall } from '@rhythm/grpc';
import type { PortForwardInput, PortForwardOutput, StreamInput, StreamOutput } from '@rhythm/proto/node';
import { GrpcError } from '@rhythm/grpc';
import { ByteQueue } from './byte-queue.ts';
import type { NodeConnection } from './node-connector.ts';

/** One call as a kubelet sees it, for tests. */
export interface ServedCall<I, O> {
  readonly inputs: AsyncIterable<I>;
  send(output: O): void;
  end(error?: GrpcError): void;
  readonly cancelled: Promise<void>;
}

type Serve<I, O> = (call: ServedCall<I, O>) => Promise<void>;

/** A kubelet in memory, for tests: what the tests' functions answer. */
export class FakeNode {
  logs: NodeConnection['logs'] = () => {
    throw new Error('no logs here');
  };
  command: Serve<StreamInput, StreamOutput> = () => Promise.resolve();
  forward: Serve<PortForwardInput, PortForwardOutput> = () => Promise.resolve();
  open = 0;

  connect(): NodeConnection {
    this.open++;
    let closed = false;
    return {
      logs: (request, signal) => this.logs(request, signal),
      exec: (signal) => callOf((call) => this.command(call), signal),
      attach: (signal) => callOf((call) => this.command(call), signal),
      portForward: (signal) => callOf((call) => this.forward(call), signal),
      close: () => {
        if (!closed) this.open--;
        closed = true;
      },
    };
  }
}

function callOf<I, O>(serve: Serve<I, O>, signal: AbortSignal): BidiCall<I, O> {
  const inputs = new ByteQueue<I>(1024);
  const outputs = new ByteQueue<O>(1_000_000);
  const cancelled = Promise.withResolvers<void>();
  let over = false;
  const end = (error?: GrpcError): void => {
    over = true;
    inputs.end();
    outputs.end(error);
  };
  const cancel = (): void => {
    cancelled.resolve();
    end(new GrpcError(1, 'cancelled'));
  };
  signal.addEventListener('abort', cancel, { once: true });
  serve({ inputs, send: (output) => void outputs.push(output, 1), end, cancelled: cancelled.promise }).then(
    () => end(),
    (error: unknown) => end(error instanceof GrpcError ? error : new GrpcError(2, String(error))),
  );
  return {
    write: (message) => (over ? Promise.reject(new GrpcError(14, 'the call is over')) : inputs.push(message, 1)),
    end: () => inputs.end(),
    messages: outputs,
    cancel,
    opened: Promise.resolve(),
    closed: new Promise(() => undefined),
  };
}
