import { createServer } from 'node:net';
import { randomInt, type Random } from '@rhythm/base';

/**
 * Ports are taken from below the range that the kernel gives to outgoing connections: a port of ours must not be
 * somebody's source port at the moment a process is started again. And from below the node ports (30000 to 32767), which
 * other clusters on this machine catch before any listener hears of it.
 */
const first = 20_000;
const last = 29_998;
const attemptsMax = 500;

/** Whether a TCP port can be listened on. */
export function isPortFree(port: number, host = '0.0.0.0'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A TCP port that is free on all addresses, with the `count - 1` after it free too. */
export async function freePort(random: Random, count = 1): Promise<number> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const port = first + randomInt(random, last - first);
    const free = await Promise.all(Array.from({ length: count }, (_, at) => isPortFree(port + at)));
    if (free.every(Boolean)) return port;
  }
  throw new Error(`no free TCP port between ${first} and ${last}`);
}
