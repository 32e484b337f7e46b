import { createServer, request as httpRequest, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { VirtualClock } from '@rhythm/base';
import { afterEach, expect, test } from 'vitest';
import type { ResourceRequest } from '../ports/types.ts';
import type { Outgoing } from '../proxy/index.ts';
import { RemoteResourceRequests } from './remote-resources.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const request = { verb: 'watch', group: 'g', version: 'v1', resource: 'things', namespace: '', name: '', subresource: '', options: {}, body: new Uint8Array(), accept: '*/*', contentType: '', userAgent: '', signal: new AbortController().signal } as unknown as ResourceRequest;

/** A watch on a server that answers so; `asked` resolves when it has been asked. */
async function watchOf(answer: (response: ServerResponse) => void): Promise<{ readonly clock: VirtualClock; readonly outcome: Promise<unknown>; readonly asked: Promise<void> }> {
  const clock = new VirtualClock();
  const asked = Promise.withResolvers<void>();
  server = createServer((_request, response) => {
    answer(response);
    asked.resolve();
  });
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const remotes = new RemoteResourceRequests({
    table: { remoteOf: () => ({ isAvailable: true }) } as never,
    client: { locate: () => Promise.resolve({ address: '127.0.0.1', port }), open: (_service: unknown, _at: unknown, { path }: Outgoing, signal: AbortSignal) => httpRequest({ host: '127.0.0.1', port, path, signal, agent: false }) } as never,
    discovery: { of: () => ({ resources: [], isStale: true }) },
    clock,
    requestMs: 60_000,
  });
  return { clock, asked: asked.promise, outcome: remotes.watch(request, { name: 'ann', groups: [] }, () => undefined).catch((error: unknown) => error) };
}

test.each([
  ['does not answer', (): void => undefined],
  ['refuses it and never comes to an end', (response: ServerResponse): void => void response.writeHead(403).write('{')],
])('a watch on a server that %s is given up in the end', async (_what, answer) => {
  const { clock, outcome, asked } = await watchOf(answer);
  await asked;
  await clock.advance(60_000);
  expect(await outcome).toMatchObject({ reason: 'Timeout', code: 504 });
});

test('a watch that has begun has all the time it wants', async () => {
  const { clock, outcome } = await watchOf((response) => void response.writeHead(200).write('{"type":"ADDED","object":{"a":1}}\n'));
  const watch = (await outcome) as AsyncIterable<readonly { type: string }[]>;
  await clock.advance(120_000);
  const events = watch[Symbol.asyncIterator]();
  expect((await events.next()).value).toMatchObject([{ type: 'ADDED' }]);
  await events.return?.();
});
