import type { Clock } from '@rhythm/base';
import type { Status } from '@rhythm/api/types/meta-v1';
import type { RawData, WebSocket } from 'ws';
import { ByteQueue } from './byte-queue.ts';
import { statusText, type CommandClient, type CommandInput } from './command-session.ts';
import type { CommandOptions } from './command-options.ts';
import { streamLimits } from './limits.ts';

/** Sub-protocols of exec and attach over WebSocket that are spoken here; clients list theirs in order of preference. */
export const commandProtocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io', 'base64.channel.k8s.io', 'channel.k8s.io'] as const;

const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** The client's end over a WebSocket: each message begins with the number of its channel. */
export function websocketCommandClient(socket: WebSocket, protocol: string, options: CommandOptions, clock: Clock, touch: () => void): CommandClient {
  const base64 = protocol.includes('base64');
  const inputs = new ByteQueue<CommandInput>(streamLimits.queuedInputBytesMax);
  socket.on('message', (data, isBinary) => {
    touch();
    const input = inputOf(bytesOf(data), base64 || !isBinary, protocol === 'v5.channel.k8s.io');
    if (input === undefined) return;
    if (inputs.length >= streamLimits.queuedInputsMax) {
      socket.terminate();
      return;
    }
    void inputs.push(input, input.kind === 'stdin' ? input.data.length : 16);
    if (!inputs.full || socket.isPaused) return;
    socket.pause();
    void inputs.room().then(() => socket.resume());
  });
  socket.on('close', () => inputs.end());
  socket.on('error', () => inputs.end());
  const send = (channel: number, data: Uint8Array): Promise<void> => {
    touch();
    return sendMessage(socket, base64 ? Buffer.from(`${channel}${Buffer.from(data).toString('base64')}`) : Buffer.concat([Uint8Array.of(channel), data]), !base64);
  };
  // An empty first message tells the client that the session is open.
  void send(options.stdout ? channels.stdout : options.stderr ? channels.stderr : channels.error, new Uint8Array());
  return {
    inputs,
    stdout: (data) => send(channels.stdout, data),
    stderr: (data) => send(channels.stderr, data),
    async finish(status: Status) {
      const text = protocol.startsWith('v4') || protocol.startsWith('v5') ? JSON.stringify(status) : statusText(status);
      if (text !== '') await send(channels.error, Buffer.from(text));
      await closeSocket(socket, clock);
    },
  };
}

function inputOf(message: Buffer, base64: boolean, v5: boolean): CommandInput | undefined {
  const first = message[0];
  if (first === undefined) return undefined;
  const channel = base64 ? first - 0x30 : first;
  const data = base64 ? Buffer.from(message.subarray(1).toString('latin1'), 'base64') : message.subarray(1);
  if (channel === channels.stdin) return data.length === 0 ? undefined : { kind: 'stdin', data };
  if (channel === channels.resize) return resizeOf(data);
  if (v5 && channel === channels.close && data[0] === channels.stdin) return { kind: 'stdinClosed' };
  return undefined;
}

/** A terminal size as clients send it, `{"Width":80,"Height":24}`; anything else is no size. */
export function resizeOf(data: Uint8Array): CommandInput | undefined {
  if (data.length > 1024) return undefined;
  try {
    const size: unknown = JSON.parse(Buffer.from(data).toString('utf8'));
    const { Width: width, Height: height } = (size ?? {}) as { Width?: unknown; Height?: unknown };
    const isSize = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 65_535;
    return isSize(width) && isSize(height) ? { kind: 'resize', width, height } : undefined;
  } catch {
    return undefined;
  }
}

export function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : data;
}

/** Sends one message; waits while more than the limit is buffered for the client. */
export function sendMessage(socket: WebSocket, message: Buffer, binary: boolean): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve();
  return new Promise((resolve) => {
    const wait = socket.bufferedAmount + message.length > streamLimits.sendBufferBytesMax;
    // The callback comes when the message was given to the network, or when it never will be.
    socket.send(message, { binary }, () => resolve());
    if (!wait) resolve();
  });
}

/** Closes after what was sent; a client that does not answer is cut off. */
export function closeSocket(socket: WebSocket, clock: Clock, code = 1000): Promise<void> {
  if (socket.readyState === socket.CLOSED) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = clock.setTimer(streamLimits.closeMs, () => socket.terminate());
    socket.once('close', () => {
      timer.cancel();
      resolve();
    });
    if (socket.isPaused) socket.resume();
    socket.close(code);
  });
}
