import { createServer } from 'node:net';

/**
 * Below what the kernel gives to outgoing connections (32768 and up), below the node ports and below what `rhythm up` picks (20000
 * and up): between this look and the listening nobody takes it by chance.
 */
const [first, last] = [10_000, 19_999];
const given = new Set<number>();

/** A TCP port that is free now and that this process has not been given before. */
export async function anyPort(): Promise<number> {
  for (;;) {
    const port = first + Math.floor(Math.random() * (last - first));
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
