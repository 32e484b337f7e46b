import { createServer, type Server, type Socket } from 'node:net';
import { createInflate } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '@rhythm/base';
import { connectSpdy, type SpdySession } from './spdy-session.ts';

let server: Server | undefined;
let session: SpdySession | undefined;
let peer: Socket | undefined;
afterEach(async () => {
  session?.close();
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
});

const upgraded = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n';

/** A peer that answers the upgrade with `reply` and hands over what comes after it. */
async function connect(reply: string, onSocket: (socket: Socket) => void = () => undefined): Promise<SpdySession> {
  server = createServer((socket) => {
    peer = socket;
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(reply, 'latin1');
      onSocket(socket);
    });
  });
  const port = await new Promise<number>((resolve) => {
    server?.listen(0, '127.0.0.1', () => {
      const address = server?.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  session = await connectSpdy(`http://127.0.0.1:${port}/exec/x`, 'v4.channel.k8s.io', systemClock, new AbortController().signal);
  return session;
}

const data = (id: number, text: string, flags = 0): Buffer => {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(id, 0);
  header.writeUInt32BE((flags << 24) | text.length, 4);
  return Buffer.concat([header, Buffer.from(text)]);
};

describe('a session with a streaming server', () => {
  test('opens streams by their headers, and gets data, replies and ends in any split', async () => {
    const received: Buffer[] = [];
    const ping = Buffer.from([0x80, 3, 0, 6, 0, 0, 0, 4, 0, 0, 0, 2]);
    // The reply to the ping is the last thing that the session sends.
    const pinged = Promise.withResolvers<void>();
    const opened = await connect(upgraded, (socket) =>
      socket.on('data', (part) => {
        received.push(part);
        if (Buffer.concat(received).includes(ping)) pinged.resolve();
      }),
    );
    let text = '';
    const ended = Promise.withResolvers<void>();
    const stream = await opened.open({ streamtype: 'stdout' }, { onData: (part) => (text += part.toString()), onEnd: () => ended.resolve() });
    await stream.write(Buffer.from('in'));
    stream.end();
    const answer = Buffer.concat([Buffer.from([0x80, 3, 0, 2, 0, 0, 0, 4, 0, 0, 0, 1]), data(1, 'hello '), ping, data(1, 'world'), data(9, 'nobody'), data(1, '', 1)]);
    for (const byte of answer) peer?.write(Buffer.from([byte]));
    await ended.promise;
    expect(text).toBe('hello world');
    await pinged.promise;
    const all = Buffer.concat(received);
    expect(all.readUInt32BE(0)).toBe(0x80030001);
    const block = all.subarray(18, 8 + (all.readUInt32BE(4) & 0xffffff));
    expect((await inflate(block)).toString('latin1')).toContain('streamtype\0\0\0\x06stdout');
    expect(all.includes(data(1, 'in'))).toBe(true);
    expect(all.includes(data(1, '', 1))).toBe(true);
    expect(all.includes(ping)).toBe(true);
  });

  const tooLong = Buffer.from([0, 0, 0, 1, 0, 0xff, 0xff, 0xff]);
  test.each([
    ['with the upgrade', `${upgraded}${tooLong.toString('latin1')}`, () => undefined],
    ['once there is a stream', upgraded, (socket: Socket) => socket.once('data', () => socket.write(tooLong))],
  ] as const)('a frame beyond the limit ends it: %s', async (_when, reply, onSocket) => {
    const opened = await connect(reply, onSocket);
    const ended = Promise.withResolvers<void>();
    const stream = await opened.open({ streamtype: 'error' }, { onData: () => undefined, onEnd: () => ended.resolve() });
    await ended.promise;
    await opened.closed;
    await stream.write(Buffer.from('nobody reads this'));
    stream.end();
  });

  test('a server that goes away before the first stream ends each that is opened', async () => {
    const opened = await connect(upgraded, (socket) => socket.end());
    await opened.closed;
    for (const streamtype of ['error', 'stdout']) {
      const ended = Promise.withResolvers<void>();
      await opened.open({ streamtype }, { onData: () => undefined, onEnd: () => ended.resolve() });
      await ended.promise;
    }
  });

  test('a refusal, another protocol, another machine', async () => {
    await expect(connect('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')).rejects.toThrow('answered 403');
    await new Promise((resolve) => server?.close(resolve));
    await expect(connect(upgraded.replace('v4.', 'v1.'))).rejects.toThrow('does not speak v4.channel.k8s.io');
    await expect(connectSpdy('http://192.0.2.1:1/x', 'p', systemClock, new AbortController().signal)).rejects.toThrow('not on this machine');
  });
});

function inflate(block: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const stream = createInflate();
    stream.once('data', (part: Buffer) => resolve(part));
    stream.on('error', reject);
    stream.write(block);
  });
}
