/**
 * CPU and latency of a request to the gRPC face: over a Session against unary calls, and events of a watch. Client and
 * server are in one process on loopback, the pipeline answers from memory: what is measured is the face itself.
 * Usage: node bench/session.ts [seconds per case, default 3] [plain|tls]
 */
import { createAuthority } from '@rhythm/pki';
import { resources } from '@rhythm/api';
import type { ConfigMap } from '@rhythm/api/types/core-v1';
import { silentLog, systemClock, systemRandom } from '@rhythm/base';
import { apiClient, sessionTransport, type TransportRequest } from '@rhythm/client';
import { dialGrpc, serveGrpc, unary } from '@rhythm/grpc';
import { ApiClient as Stub, ApiService, Request } from '@rhythm/proto/api';
import { apiService } from '../apps/apiserver/src/grpc/index.ts';
import type { ApiPipeline, RenderedEvent } from '../apps/apiserver/src/ports/types.ts';

const seconds = Number(process.argv[2] ?? 3);
const secure = process.argv[3] === 'tls';
const object: ConfigMap = { metadata: { name: 'a', namespace: 'default', resourceVersion: '1' }, data: { fill: 'x'.repeat(900) } };
const body = Buffer.from(JSON.stringify(object));

const pipeline: ApiPipeline = {
  handle: () => Promise.resolve({ code: 200, contentType: 'application/json', body, warnings: [] }),
  watch: (request) =>
    Promise.resolve({
      contentType: 'application/json',
      async *[Symbol.asyncIterator]() {
        const batch: RenderedEvent[] = Array.from({ length: Number(request.options.labelSelector ?? 1) }, () => ({ type: 'ADDED', object: body }));
        while (!request.signal.aborted) yield await Promise.resolve(batch);
      },
    }),
};

const ports = { clock: systemClock, random: systemRandom };
const ca = await createAuthority('bench', ports);
const serverPair = await ca.issue({ commonName: 'server', ipAddresses: ['127.0.0.1'], usages: ['server'] });
const clientPair = await ca.issue({ commonName: 'client', usages: ['client'] });
const face = apiService(pipeline, { clock: systemClock, log: silentLog });
const server = await serveGrpc({
  host: '127.0.0.1',
  port: 0,
  services: face.services,
  ...(secure ? { tls: { cert: serverPair.certPem, key: serverPair.keyPem, clientCa: ca.certPem } } : {}),
});
const target = `127.0.0.1:${server.port}`;
const tls = secure ? { tls: { ca: ca.certPem, cert: clientPair.certPem, key: clientPair.keyPem } } : {};
const transport = sessionTransport({ targets: [target], ...ports, log: silentLog, ...tls });
const stub = dialGrpc(Stub, { targets: target, ...tls });
const about: TransportRequest = { verb: 'get', group: '', version: 'v1', resource: 'configmaps', namespace: 'default', name: 'a', subresource: '', options: {}, body: new Uint8Array(), contentType: '', accept: '' };
const aboutUnary = Request.fromPartial({ version: 'v1', resource: 'configmaps', namespace: 'default', name: 'a' });

async function measure(name: string, inFlight: number, one: () => Promise<number>): Promise<void> {
  let count = 0;
  const latencies: number[] = [];
  const run = async (until: number): Promise<void> => {
    while (performance.now() < until) {
      const started = performance.now();
      const done = await one();
      count += done;
      if (latencies.length < 1e6) latencies.push(performance.now() - started);
    }
  };
  const all = (ms: number): Promise<unknown> => {
    const until = performance.now() + ms;
    return Promise.all(Array.from({ length: inFlight }, () => run(until)));
  };
  await all(500);
  count = 0;
  latencies.length = 0;
  const cpu = process.cpuUsage();
  const started = performance.now();
  await all(seconds * 1000);
  const wall = performance.now() - started;
  const used = process.cpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  const at = (share: number): string => (latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(2);
  console.log(
    `${name.padEnd(34)} ${((count / wall) * 1000).toFixed(0).padStart(8)}/s  ${((used.user + used.system) / count).toFixed(1).padStart(7)} µs CPU (both ends)  p50 ${at(0.5)} ms  p99 ${at(0.99)} ms`,
  );
}

console.log(`1 KB objects, ${secure ? 'mutual TLS' : 'plain text'}, ${seconds} s per case`);
for (const inFlight of [1, 32, 256]) {
  await measure(`unary get, ${inFlight} in flight`, inFlight, async () => (await unary(stub, ApiService.get, aboutUnary)).code / 200);
  await measure(`session get, ${inFlight} in flight`, inFlight, async () => (await transport.request(about)).code / 200);
}
const client = apiClient(transport);
await measure('session typed get, 32 in flight', 32, async () => ((await client.get(resources.configMaps, 'default', 'a')) as ConfigMap).metadata.name === 'a' ? 1 : 0);
for (const batch of [1, 32]) {
  const events = transport.watch({ ...about, verb: 'watch', name: '', options: { labelSelector: String(batch) } })[Symbol.asyncIterator]();
  await measure(`watch events, ${batch} per batch`, 1, async () => ((await events.next()).value as readonly unknown[]).length);
  await events.return?.();
}
await transport.close();
stub.close();
face.close();
await server.stop(100);
