import { AsyncQueue } from '@rhythm/base';
import type { CallContext } from '@rhythm/grpc';
import type { PortForwardInput, PortForwardOutput } from '@rhythm/proto/node';
import type { NodeContext } from '../pod/node-context.ts';
import { findPod, readySandbox, type PodFinder } from './find-container.ts';
import { refuse } from './refusal.ts';
import { connectSpdy, type SpdyStream } from './spdy-session.ts';

const protocol = 'portforward.k8s.io';
const waitingMessages = 64;
const errorLengthMax = 4096;

/** One connection into the network of a pod. The call ends when the pod's side has closed. */
export async function* portForward(node: NodeContext, pods: PodFinder, messages: AsyncIterable<PortForwardInput>, context: CallContext): AsyncGenerator<PortForwardOutput> {
  const inputs = messages[Symbol.asyncIterator]();
  const first = await inputs.next();
  const start = first.done === true || first.value.input?.$case !== 'start' ? undefined : first.value.input.value;
  if (start === undefined) throw refuse('BadRequest', 'the first message of a stream is its start');
  if (start.port < 1 || start.port > 65535) throw refuse('BadRequest', `port ${start.port} is out of range`);
  const sandbox = readySandbox(findPod(pods, start.container));
  const session = await connectSpdy(await node.runtime.portForwardUrl(sandbox, start.port), protocol, node.clock, context.signal);
  const stop = (): void => session.close();
  context.signal.addEventListener('abort', stop, { once: true });
  const output = new AsyncQueue<PortForwardOutput>(Number.MAX_SAFE_INTEGER);
  let complaint = '';
  let open = 2;
  const onEnd = (): void => {
    if (--open === 0) output.end();
  };
  try {
    const headers = { port: String(start.port), requestid: '0' };
    const errors = await session.open({ streamtype: 'error', ...headers }, { onData: (data) => (complaint = (complaint + data.toString('utf8')).slice(0, errorLengthMax)), onEnd });
    errors.end();
    const data = await session.open(
      { streamtype: 'data', ...headers },
      {
        onData: (value) => {
          output.push({ output: { $case: 'data', value } });
          if (output.length >= waitingMessages) session.pause();
        },
        onEnd,
      },
    );
    void feed(inputs, data).catch(() => session.close());
    for await (const message of output) {
      yield message;
      if (output.length < waitingMessages / 2) session.resume();
    }
    if (complaint !== '') yield { output: { $case: 'error', value: complaint } };
  } finally {
    context.signal.removeEventListener('abort', stop);
    session.close();
  }
}

async function feed(inputs: AsyncIterator<PortForwardInput>, data: SpdyStream): Promise<void> {
  for (;;) {
    const next = await inputs.next();
    if (next.done === true) break;
    if (next.value.input?.$case === 'data') await data.write(next.value.input.value);
    else if (next.value.input?.$case === 'closed') data.end();
  }
  data.end();
}
