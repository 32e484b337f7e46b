import { ApiError } from '@rhythm/api';
import { causeChain } from '@rhythm/base';
import type { ContainerRef } from '@rhythm/proto/node';
import type { WebSocket } from 'ws';
import { ByteQueue } from './byte-queue.ts';
import { forwardOne, type ForwardStream } from './forward-connection.ts';
import { streamLimits } from './limits.ts';
import type { NodeConnection } from './node-connector.ts';
import type { StreamPorts } from './ports.ts';
import { bytesOf, closeSocket, sendMessage } from './websocket-command.ts';

/** Port-forward over plain WebSocket channels, as the Python and JavaScript clients do it: one connection per port. */
export const channelForwardProtocols = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io'] as const;

/** Channels are numbered in one byte, two per port. */
const portsMax = 64;

/** The ports of the query, `ports=80&ports=81` or `ports=80,81`. @throws ApiError BadRequest. */
export function portsOf(query: URLSearchParams): number[] {
  const ports = query.getAll('ports').flatMap((value) => value.split(',')).filter((value) => value !== '');
  if (ports.length === 0) throw new ApiError('BadRequest', 'query parameter "ports" is required');
  if (ports.length > portsMax) throw new ApiError('BadRequest', `at most ${portsMax} ports can be forwarded on one connection`);
  return ports.map((text) => {
    const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    if (port < 1 || port > 65_535) throw new ApiError('BadRequest', `query parameter "ports" is invalid: ${JSON.stringify(text)} is not a port`);
    return port;
  });
}

/** Serves all ports until each connection has ended or the client has gone. Channel 2i carries data, 2i+1 errors. */
export async function serveChannelForward(
  socket: WebSocket,
  protocol: string,
  forwarded: readonly number[],
  connection: NodeConnection,
  container: ContainerRef,
  ports: Pick<StreamPorts, 'clock' | 'log'>,
  touch: () => void,
  signal: AbortSignal,
): Promise<void> {
  const base64 = protocol.includes('base64');
  const inputs = forwarded.map(() => new ByteQueue<Uint8Array>(streamLimits.queuedInputBytesMax));
  socket.on('message', (message) => {
    touch();
    const bytes = bytesOf(message);
    const channel = (bytes[0] ?? 255) - (base64 ? 0x30 : 0);
    const queue = channel % 2 === 0 ? inputs[channel / 2] : undefined;
    if (queue === undefined) return;
    const data = base64 ? Buffer.from(bytes.subarray(1).toString('latin1'), 'base64') : bytes.subarray(1);
    if (data.length === 0) return;
    if (queue.length >= streamLimits.queuedInputsMax) socket.terminate();
    void queue.push(data, data.length);
    if (!queue.full || socket.isPaused) return;
    socket.pause();
    void queue.room().then(() => socket.resume());
  });
  socket.on('close', () => {
    for (const queue of inputs) queue.end();
  });
  const send = (channel: number, data: Uint8Array): Promise<void> => {
    touch();
    return sendMessage(socket, base64 ? Buffer.from(`${String.fromCharCode(0x30 + channel)}${Buffer.from(data).toString('base64')}`) : Buffer.concat([Uint8Array.of(channel), data]), !base64);
  };
  const forwards = forwarded.map(async (port, i) => {
    const announced = Uint8Array.of(port & 0xff, port >> 8);
    await send(2 * i, announced);
    await send(2 * i + 1, announced);
    const data: ForwardStream = { data: inputs[i] as ByteQueue<Uint8Array>, write: (bytes) => send(2 * i, bytes), end: () => Promise.resolve() };
    const error: ForwardStream = { data: nothing, write: (bytes) => send(2 * i + 1, bytes), end: () => Promise.resolve() };
    await forwardOne(connection, { container, port }, error, data, signal, touch).catch((thrown: unknown) => ports.log.info('port forward ended early', { error: causeChain(thrown) }));
  });
  await Promise.all(forwards);
  await closeSocket(socket, ports.clock);
}

const nothing: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
};
