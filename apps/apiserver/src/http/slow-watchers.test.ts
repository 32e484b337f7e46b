import { connect as connectHttp2, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { expect, test } from 'vitest';
import type { ResourceRequest } from '../ports/types.ts';
import { insider, startTestServer, testCluster, testUser } from '../test-server.ts';

const watches = 1_000;
const megabyte = 1024 * 1024;

function request(verb: string, name: string, body: object): ResourceRequest {
  return { caller: insider, verb, group: '', version: 'v1', resource: 'configmaps', namespace: 'default', name, subresource: '', options: {}, body: Buffer.from(JSON.stringify(body)), contentType: 'application/json', accept: 'application/json', userAgent: '', signal: new AbortController().signal };
}

async function open(session: ClientHttp2Session): Promise<ClientHttp2Stream> {
  const stream = session.request({ ':path': '/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=0&sendInitialEvents=false&resourceVersionMatch=NotOlderThan' });
  stream.on('error', () => undefined);
  await new Promise((resolve) => stream.once('response', resolve));
  return stream;
}

/** Resolves when at least so many bytes were taken; nothing is read after that. */
function readSome(stream: ClientHttp2Stream, bytes: number): Promise<void> {
  return new Promise((resolve) => {
    let left = bytes;
    const take = (): void => {
      left -= (stream.read() as Buffer | null)?.length ?? 0;
      if (left > 0) return;
      stream.removeListener('readable', take);
      resolve();
    };
    stream.on('readable', take);
  });
}

test('a thousand watches that hardly read hold no more than the history, and are ended', async () => {
  const cluster = await testCluster();
  const { authority } = cluster;
  const admin = await testUser(authority, 'kubernetes-admin', 'system:masters');
  const api = await startTestServer(cluster);
  const sessions = [0, 1].map(() => connectHttp2(`https://127.0.0.1:${api.port}`, { ca: authority.certPem, cert: admin.certPem, key: admin.keyPem }));
  for (const session of sessions) session.once('connect', () => session.setLocalWindowSize(128 * megabyte));
  const streams = await Promise.all(Array.from({ length: watches }, (_, n) => open(sessions[n % 2] as ClientHttp2Session)));
  const object = (n: number): object => ({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' }, data: { n: String(n).padEnd(20_000, 'x') } });
  await api.pipeline.handle(request('create', '', object(0)));
  const before = process.memoryUsage().rss;
  let most = 0;
  const change = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++) {
      await api.pipeline.handle(request('update', 'a', object(n)));
      most = Math.max(most, process.memoryUsage().rss - before);
    }
  };
  // 6 MB wait for each, of which it has been given 64 KB.
  await change(1, 300);
  // Each reads a little: whatever it is given now is a copy of its own. All that waits would be 6 GB.
  await Promise.all(streams.map((stream) => readSome(stream, 100_000)));
  most = Math.max(most, process.memoryUsage().rss - before);
  await change(300, 700);
  // Far below those; other tests in threads of this process count too.
  expect(most / megabyte).toBeLessThan(3_000);
  // All were ended: what they still get is the rest of what they had been given.
  const ends = streams.map((stream) => new Promise<void>((resolve) => stream.once('close', resolve)));
  for (const stream of streams) stream.removeAllListeners('readable').resume();
  await Promise.all(ends);
  for (const session of sessions) session.close();
  await api.stop();
}, 180_000);
