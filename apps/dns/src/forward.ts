import { createSocket } from 'node:dgram';
import { createConnection, isIP } from 'node:net';
import { readFileSync } from 'node:fs';
import type { Clock } from '@rhythm/base';

/** Asks the machine's resolvers; `undefined` when none answered in time. */
export type Forward = (query: Buffer, transport: 'udp' | 'tcp') => Promise<Buffer | undefined>;

/** How long one resolver may take. */
const resolverMsMax = 2_000;
/** Queries on their way to resolvers at once; more are answered with SERVFAIL. */
const inFlightMax = 500;

/** The nameservers of a resolv.conf, at most three (resolv.conf(5)); `exclude` keeps us from asking ourselves. */
export function nameserversOf(path: string, exclude: ReadonlySet<string>): readonly string[] {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1] ?? '');
  return servers.filter((ip) => isIP(ip) !== 0 && !exclude.has(ip)).slice(0, 3);
}

/** Tries the resolvers in order, each for `resolverMsMax`. The query goes out as it came in. */
export function forwardTo(servers: () => readonly string[], clock: Clock): Forward {
  let inFlight = 0;
  return async (query, transport) => {
    if (inFlight >= inFlightMax) return undefined;
    inFlight++;
    try {
      for (const server of servers()) {
        const reply = await (transport === 'udp' ? askUdp(server, query, clock) : askTcp(server, query, clock));
        if (reply !== undefined) return reply;
      }
      return undefined;
    } finally {
      inFlight--;
    }
  };
}

function askUdp(server: string, query: Buffer, clock: Clock): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(isIP(server) === 6 ? 'udp6' : 'udp4');
    const finish = (reply: Buffer | undefined): void => {
      timer.cancel();
      socket.close();
      resolve(reply);
    };
    const timer = clock.setTimer(resolverMsMax, () => finish(undefined));
    socket.once('error', () => finish(undefined));
    // Connected, so that only the resolver itself can answer.
    socket.connect(53, server, () => socket.send(query));
    socket.on('message', (reply) => {
      if (reply.length >= 12 && reply.readUInt16BE(0) === query.readUInt16BE(0)) finish(reply);
    });
  });
}

function askTcp(server: string, query: Buffer, clock: Clock): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: server, port: 53 });
    let received = Buffer.alloc(0);
    const finish = (reply: Buffer | undefined): void => {
      timer.cancel();
      socket.destroy();
      resolve(reply);
    };
    const timer = clock.setTimer(resolverMsMax, () => finish(undefined));
    socket.once('error', () => finish(undefined)).once('close', () => finish(undefined));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) finish(received.subarray(2, 2 + received.readUInt16BE(0)));
    });
    socket.write(framed(query));
  });
}

/** A message with its length before it, as DNS over TCP has it (RFC 1035 4.2.2). */
export function framed(message: Buffer): Buffer {
  const frame = Buffer.alloc(2 + message.length);
  frame.writeUInt16BE(message.length, 0);
  message.copy(frame, 2);
  return frame;
}
