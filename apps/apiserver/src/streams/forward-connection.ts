import type { ContainerRef } from '@rhythm/proto/node';
import { errorOfNode, type NodeConnection } from './node-connector.ts';

/** Most bytes of one message to the node. */
const inputBytesMax = 64 * 1024;

/** One of the two streams that a client has for each forwarded connection. */
export interface ForwardStream {
  /** Ends when the client has no more to send. */
  readonly data: AsyncIterable<Uint8Array>;
  /** Resolves when the client can take more. */
  write(data: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

/**
 * Carries one forwarded connection: the client's bytes to the port in the pod and back, each way at the pace of the slower
 * side. What goes wrong is said on the error stream. Resolves when both are ended.
 */
export async function forwardOne(connection: NodeConnection, target: { readonly container: ContainerRef; readonly port: number }, error: ForwardStream, data: ForwardStream, signal: AbortSignal, touch: () => void): Promise<void> {
  const { container, port } = target;
  const call = connection.portForward(signal);
  let answered = false;
  const upward = (async () => {
    await call.write({ input: { $case: 'start', value: { container, port } } });
    for await (const bytes of data.data) {
      touch();
      for (let at = 0; at < bytes.length; at += inputBytesMax) await call.write({ input: { $case: 'data', value: bytes.subarray(at, at + inputBytesMax) } });
    }
    // Half-closed: the pod may have more to say.
    await call.write({ input: { $case: 'closed', value: {} } });
  })();
  upward.catch(() => {
    if (!answered) call.cancel();
  });
  void drain(error);
  try {
    for await (const { output } of call.messages) {
      touch();
      if (output?.$case === 'data') await data.write(output.value);
      else if (output?.$case === 'error') await error.write(Buffer.from(output.value));
    }
  } catch (thrown) {
    if (!signal.aborted) await error.write(Buffer.from(`error forwarding port ${port} to pod ${container.pod}: ${errorOfNode(thrown).message}`));
  } finally {
    answered = true;
    call.cancel();
    await error.end();
    await data.end();
    // The client may go on sending into a connection that is over; what it sends is thrown away.
    void drain(data);
  }
}

/** Reads a stream to its end so that it cannot hold up the connection. */
async function drain(stream: ForwardStream): Promise<void> {
  try {
    for await (const _ of stream.data);
  } catch {
    // Reset by the client: nothing is lost.
  }
}
