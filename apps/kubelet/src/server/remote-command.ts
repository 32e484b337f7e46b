import { ApiError } from '@rhythm/api';
import { AsyncQueue, causeChain } from '@rhythm/base';
import type { CallContext } from '@rhythm/grpc';
import type { StreamInput, StreamOutput, StreamStart } from '@rhythm/proto/node';
import type { NodeContext } from '../pod/node-context.ts';
import { findPod, runningContainer, type PodFinder } from './find-container.ts';
import { refuse } from './refusal.ts';
import { connectSpdy, type SpdySession, type SpdyStream } from './spdy-session.ts';

const protocol = 'v4.channel.k8s.io';
/** Messages waiting for the caller before the container is made to wait. */
const waitingMessages = 64;
const statusBytesMax = 64 * 1024;

/** Exec and Attach: bridges a call to the runtime's streaming server. The last message is a Kubernetes Status. */
export async function* remoteCommand(node: NodeContext, pods: PodFinder, kind: 'exec' | 'attach', messages: AsyncIterable<StreamInput>, context: CallContext): AsyncGenerator<StreamOutput> {
  const inputs = messages[Symbol.asyncIterator]();
  const first = await inputs.next();
  const start = first.done === true || first.value.input?.$case !== 'start' ? undefined : first.value.input.value;
  if (start === undefined) throw refuse('BadRequest', 'the first message of a stream is its start');
  const container = runningContainer(findPod(pods, start.container), start.container?.container ?? '');
  const options = { stdin: start.stdin, stdout: start.stdout, stderr: start.stderr && !start.tty, tty: start.tty };
  if (!options.stdin && !options.stdout && !options.stderr) throw refuse('BadRequest', 'one of stdin, stdout and stderr is needed');
  if (kind === 'exec' && start.command.length === 0) throw refuse('BadRequest', 'a command is needed');
  const url = kind === 'exec' ? await node.runtime.execUrl(container.id, start.command, options) : await node.runtime.attachUrl(container.id, options);
  const session = await connectSpdy(url, protocol, node.clock, context.signal);
  const stop = (): void => session.close();
  context.signal.addEventListener('abort', stop, { once: true });
  try {
    yield* bridge(session, start, options, inputs);
  } finally {
    context.signal.removeEventListener('abort', stop);
    session.close();
  }
}

async function* bridge(session: SpdySession, start: StreamStart, options: { stdin: boolean; stdout: boolean; stderr: boolean; tty: boolean }, inputs: AsyncIterator<StreamInput>): AsyncGenerator<StreamOutput> {
  const output = new AsyncQueue<StreamOutput>(Number.MAX_SAFE_INTEGER);
  const push = (message: StreamOutput): void => {
    output.push(message);
    // The queue is bounded by pausing its only source.
    if (output.length >= waitingMessages) session.pause();
  };
  const status: Buffer[] = [];
  let open = 1;
  const onEnd = (): void => {
    if (--open === 0) output.end();
  };
  const collect = (case_: 'stdout' | 'stderr') => ({ onData: (value: Buffer) => push({ output: { $case: case_, value } }), onEnd });
  const onStatus = (data: Buffer): void => {
    if (status.reduce((sum, part) => sum + part.length, 0) + data.length <= statusBytesMax) status.push(data);
  };
  await session.open({ streamtype: 'error' }, { onData: onStatus, onEnd });
  const stdin = options.stdin ? await session.open({ streamtype: 'stdin' }, silent) : undefined;
  if (options.stdout) {
    open++;
    await session.open({ streamtype: 'stdout' }, collect('stdout'));
  }
  if (options.stderr) {
    open++;
    await session.open({ streamtype: 'stderr' }, collect('stderr'));
  }
  const resize = start.tty ? await session.open({ streamtype: 'resize' }, silent) : undefined;
  void feed(inputs, stdin, resize).catch(() => session.close());
  for await (const message of output) {
    yield message;
    if (output.length < waitingMessages / 2) session.resume();
  }
  yield { output: { $case: 'status', value: finalStatus(status) } };
}

const silent = { onData: () => undefined, onEnd: () => undefined };

async function feed(inputs: AsyncIterator<StreamInput>, stdin: SpdyStream | undefined, resize: SpdyStream | undefined): Promise<void> {
  for (;;) {
    const next = await inputs.next();
    if (next.done === true) break;
    const { input } = next.value;
    if (input?.$case === 'stdin') await stdin?.write(input.value);
    else if (input?.$case === 'stdinClosed') stdin?.end();
    else if (input?.$case === 'resize') await resize?.write(Buffer.from(JSON.stringify({ Width: input.value.width, Height: input.value.height })));
  }
  stdin?.end();
}

/** The runtime's Status; without one the stream broke. */
function finalStatus(parts: readonly Buffer[]): Buffer {
  const text = Buffer.concat(parts);
  try {
    JSON.parse(text.toString('utf8'));
    return text;
  } catch (error) {
    const broken = new ApiError('InternalError', `the stream to the container broke: ${text.length === 0 ? 'no status' : causeChain(error)}`);
    return Buffer.from(JSON.stringify(broken.toStatus()));
  }
}
