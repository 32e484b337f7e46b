import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below what the kernel gives to outgoing connections (32768 and up), below the node ports and below what `rhythm up` picks (20000
 * and up): between this look and the listening nobody takes it by chance, also not a client that tries to reach who is to listen there.
 */
const [first, end] = [10_000, 20_000];
const given = new Set<number>();

/** A TCP port for a server of a test that has to know it beforehand, or to come back on it: free now, and given to nobody else in this process. */
export async function anyPort(): Promise<number> {
  for (;;) {
    const port = randomInt(first, end);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
