import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { causeChain, type Clock, type Log } from '@rhythm/base';
import { framed, type Forward } from './forward.ts';
import { resolve, type ClusterView } from './records.ts';
import { encodeAnswer, encodeRefusal, fitUdp, parseQuery, type Query } from './wire.ts';

const tcpConnectionsMax = 200;
const tcpIdleMsMax = 10_000;

export interface DnsServerPorts {
  readonly view: ClusterView;
  readonly domain: string;
  readonly forward: Forward;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RunningDns {
  readonly port: number;
  stop(): Promise<void>;
}

/** Listens on UDP and TCP at one port. @throws when the port is taken. */
export async function serveDns(host: string, port: number, ports: DnsServerPorts): Promise<RunningDns> {
  const tcp = createServer({ allowHalfOpen: false }, (socket) => serveConnection(socket, ports));
  tcp.maxConnections = tcpConnectionsMax;
  const bound = await listenTcp(tcp, host, port);
  const udp = createSocket('udp4');
  udp.on('message', (message, peer) => {
    void answerUdp(message, ports).then((reply) => {
      if (reply !== undefined) udp.send(reply, peer.port, peer.address);
    });
  });
  try {
    await bindUdp(udp, host, bound);
  } catch (error) {
    tcp.close();
    throw error;
  }
  return {
    port: bound,
    stop: async () => {
      await new Promise<void>((done) => udp.close(() => done()));
      await new Promise<void>((done) => tcp.close(() => done()));
    },
  };
}

async function answerUdp(message: Buffer, ports: DnsServerPorts): Promise<Buffer | undefined> {
  const query = parse(message);
  if (query === undefined) return undefined;
  const reply = await answer(query, message, 'udp', ports);
  return fitUdp(query, reply);
}

async function answer(query: Query, message: Buffer, transport: 'udp' | 'tcp', ports: DnsServerPorts): Promise<Buffer> {
  try {
    const found = resolve(query, ports.view, ports.domain);
    if (found.kind !== 'outside') return encodeAnswer(query, found, ports.domain);
    return (await ports.forward(message, transport)) ?? encodeRefusal(query, 'servfail');
  } catch (error) {
    ports.log.warn('query failed', { name: query.name, type: query.type, error: causeChain(error) });
    return encodeRefusal(query, 'servfail');
  }
}

/** What cannot be read is not answered: an answer would only help those who forge source addresses. */
function parse(message: Buffer): Query | undefined {
  try {
    return parseQuery(message);
  } catch {
    return undefined;
  }
}

function serveConnection(socket: Socket, ports: DnsServerPorts): void {
  let received = Buffer.alloc(0);
  socket.setTimeout(tcpIdleMsMax, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      const message = Buffer.from(received.subarray(2, end));
      received = received.subarray(end);
      const query = parse(message);
      if (query === undefined) {
        socket.destroy();
        return;
      }
      void answer(query, message, 'tcp', ports).then((reply) => socket.writable && socket.write(framed(reply)));
    }
  });
}

function listenTcp(server: Server, host: string, port: number): Promise<number> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, host, () => {
      const address = server.address();
      done(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function bindUdp(socket: UdpSocket, host: string, port: number): Promise<void> {
  return new Promise((done, fail) => {
    socket.once('error', fail);
    socket.bind(port, host, () => done());
  });
}
