import { ApiError } from '@rhythm/api';
import { withTimeout, type Clock } from '@rhythm/base';
import type { Status } from '@rhythm/api/types/meta-v1';
import { ByteQueue } from './byte-queue.ts';
import type { CommandOptions } from './command-options.ts';
import { statusText, type CommandClient, type CommandInput } from './command-session.ts';
import { streamLimits } from './limits.ts';
import type { SpdySession, SpdyStream } from './spdy/session.ts';
import { resizeOf } from './websocket-command.ts';

/** Versions of the remote-command protocol over SPDY, by the client's `X-Stream-Protocol-Version`; v4 ends with a Status. */
export const spdyCommandProtocols = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io'] as const;

/** The client's end over SPDY: it opens one stream for each of error, stdin, stdout, stderr and resize. */
export async function spdyCommandClient(session: SpdySession, protocol: string, options: CommandOptions, clock: Clock, touch: () => void): Promise<CommandClient> {
  const streams = await collectStreams(session, expectedStreams(protocol, options), clock);
  const inputs = new ByteQueue<CommandInput>(streamLimits.queuedInputBytesMax);
  const reading = [...streams].map(([type, stream]) => read(type, stream, inputs, touch));
  void Promise.all(reading).catch(() => undefined);
  void session.closed.then(() => inputs.end());
  const send = async (type: string, data: Uint8Array): Promise<void> => {
    touch();
    await streams.get(type)?.write(data);
  };
  return {
    inputs,
    stdout: (data) => send('stdout', data),
    stderr: (data) => send('stderr', data),
    async finish(status: Status) {
      const text = protocol === 'v4.channel.k8s.io' ? JSON.stringify(status) : statusText(status);
      if (text !== '') await send('error', Buffer.from(text));
      for (const stream of streams.values()) await stream.end();
      const linger = clock.setTimer(streamLimits.lingerMs, () => session.close());
      const cut = clock.setTimer(streamLimits.closeMs, () => session.destroy());
      await session.closed;
      linger.cancel();
      cut.cancel();
    },
  };
}

function expectedStreams(protocol: string, options: CommandOptions): Set<string> {
  const expected = new Set(['error']);
  for (const type of ['stdin', 'stdout', 'stderr'] as const) if (options[type]) expected.add(type);
  if (options.tty && protocol !== 'v2.channel.k8s.io') expected.add('resize');
  return expected;
}

/** Waits until all streams are there. @throws ApiError Timeout, BadRequest. */
async function collectStreams(session: SpdySession, expected: ReadonlySet<string>, clock: Clock): Promise<Map<string, SpdyStream>> {
  const found = new Map<string, SpdyStream>();
  const late = withTimeout(clock, streamLimits.openStreamsMs, () => new ApiError('Timeout', 'timed out waiting for client to create streams'));
  late.signal.addEventListener('abort', () => session.destroy());
  try {
    for await (const stream of session.streams) {
      const type = stream.headers.get('streamtype') ?? '';
      if (!expected.has(type) || found.has(type)) stream.reset();
      else found.set(type, stream);
      if (found.size === expected.size) return found;
    }
    late.signal.throwIfAborted();
    throw new ApiError('BadRequest', 'the client closed the connection before it had created its streams');
  } finally {
    late.cancel();
  }
}

async function read(type: string, stream: SpdyStream, inputs: ByteQueue<CommandInput>, touch: () => void): Promise<void> {
  let resize = '';
  for await (const data of stream.data) {
    touch();
    if (type === 'stdin') await inputs.push({ kind: 'stdin', data }, data.length);
    if (type !== 'resize') continue;
    // Sizes come as JSON texts one after the other, cut anywhere.
    resize = (resize + Buffer.from(data).toString('utf8')).slice(-1024);
    for (let end = resize.indexOf('}'); end >= 0; end = resize.indexOf('}')) {
      const size = resizeOf(Buffer.from(resize.slice(0, end + 1).trim()));
      resize = resize.slice(end + 1);
      if (size !== undefined) await inputs.push(size, 16);
    }
  }
  if (type === 'stdin') await inputs.push({ kind: 'stdinClosed' }, 0);
}
