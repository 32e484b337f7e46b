import { systemClock, type Clock } from '@rhythm/base';
import type { KeyPair } from '@rhythm/pki';
import { connect as connectHttp2 } from 'node:http2';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { beforeAll, expect, test } from 'vitest';
import type { Apiserver, ApiserverConfig } from '../start.ts';
import { requestOptions, startTestServer, testCluster, testUser, type TestCluster } from '../test-server.ts';

let admin: KeyPair;
let cluster: TestCluster;

beforeAll(async () => {
  cluster = await testCluster();
  admin = await testUser(cluster.authority, 'kubernetes-admin', 'system:masters');
});

const begin = (more: Partial<ApiserverConfig> = {}, clock: Clock = systemClock): Promise<Apiserver> => startTestServer({ ...cluster, config: { ...cluster.config, ...more } }, { clock });

/** How the administrator asks. */
const asked = (api: Apiserver, path: string, method: string, agent?: Agent): RequestOptions => requestOptions(api.port, method, path, { ca: cluster.authority.certPem, as: admin, headers: { 'content-type': 'application/json' }, ...(agent === undefined ? {} : { agent }) });

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly connection: string | undefined;
}

function send(api: Apiserver, agent: Agent, path: string, method = 'GET', body?: string, onText: (text: string) => void = () => undefined): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(asked(api, path, method, agent), (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => onText((text += String(chunk))));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, connection: response.headers.connection }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

test('a client that never rests sees no error across a stop when it heeds readiness; its watch ends in peace', async () => {
  // The delay is over when every client has heard that the server is not ready, however long that takes.
  const delayMs = 123_456;
  const delay = Promise.withResolvers<void>();
  const clock: Clock = { ...systemClock, sleep: (ms, signal) => (ms === delayMs ? delay.promise : systemClock.sleep(ms, signal)) };
  const api = await begin({ shutdown: { delayMs, drainMs: 30_000 } }, clock);
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const errors: unknown[] = [];
  let [done, isOver, stopped] = [0, false, Promise.resolve()];
  const fire = async (worker: number): Promise<void> => {
    for (let n = 0; !isOver; n++) {
      const reply = await send(api, agent, '/api/v1/namespaces/default/configmaps', 'POST', JSON.stringify({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: `c-${worker}-${n}` } })).catch((error: unknown) => error);
      if (!(reply instanceof Error) && (reply as Reply).status === 201) done++;
      else errors.push(reply);
      if (done === 40) stopped = api.stop();
    }
  };
  const heed = async (): Promise<void> => {
    const own = new Agent({ keepAlive: true });
    while (!isOver) {
      const ready = await send(api, own, '/readyz');
      if (ready.status !== 200) {
        expect(ready.text).toContain('[-]shutdown failed: reason withheld');
        expect(ready.connection).toBe('close');
        isOver = true;
      }
    }
    own.destroy();
  };
  const made = /"type":"ADDED","object":\{[^\n]*"name":"c-/g;
  let [seen, onSeen] = [0, (): void => undefined];
  const watching = send(api, new Agent(), '/api/v1/namespaces/default/configmaps?watch=1', 'GET', undefined, (text) => {
    seen = text.match(made)?.length ?? 0;
    onSeen();
  });
  await Promise.all([fire(1), fire(2), fire(3), fire(4), heed()]);
  await new Promise<void>((resolve) => {
    onSeen = () => void (seen >= done && resolve());
    onSeen();
  });
  delay.resolve();
  await stopped;
  expect(errors).toEqual([]);
  expect(done).toBeGreaterThan(40);
  const watched = await watching;
  expect(watched.status).toBe(200);
  expect(watched.text.match(made)).toHaveLength(done);
  expect(watched.text).not.toContain('"type":"ERROR"');
  await expect(send(api, agent, '/livez')).rejects.toThrow();
  agent.destroy();
});

test('a request under way is answered, whatever comes; one that takes too long is not waited for', async () => {
  const api = await begin({ shutdown: { delayMs: 0, drainMs: 60_000 } });
  const agent = new Agent({ keepAlive: true });
  const slow = httpsRequest(asked(api, '/api/v1/namespaces/default/configmaps', 'POST', agent));
  const answered = new Promise<number>((resolve, reject) => slow.on('response', (response) => resolve(response.resume().statusCode ?? 0)).on('error', reject));
  const body = JSON.stringify({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'slow' } });
  slow.write(body.slice(0, 10));
  while ((await send(api, new Agent(), '/metrics')).text.includes('apiserver_current_inflight_requests{request_kind="mutating"} 1') === false);
  const stopped = api.stop();
  slow.end(body.slice(10));
  expect(await answered).toBe(201);
  await stopped;
  agent.destroy();

  const other = await begin({ shutdown: { delayMs: 0, drainMs: 50 } });
  const stuck = httpsRequest(asked(other, '/api/v1/namespaces/default/configmaps', 'POST'));
  const broken = new Promise((resolve) => stuck.on('error', resolve).on('response', resolve));
  stuck.write('{');
  while ((await send(other, new Agent(), '/metrics')).text.includes('apiserver_current_inflight_requests{request_kind="mutating"} 1') === false);
  await other.stop();
  await broken;
});

test('health is told check by check, in the words of Kubernetes', async () => {
  const api = await begin();
  const agent = new Agent({ keepAlive: true });
  const text = async (path: string): Promise<string> => (await send(api, agent, path)).text;
  const hooks = ['crd-informer-synced', 'start-system-namespaces-controller', 'rbac/bootstrap-roles', 'priority-and-fairness-config-producer', 'scheduling/bootstrap-system-priority-classes', 'kube-apiserver-autoregistration', 'start-kubernetes-service-cidr-controller', 'start-service-ip-repair-controllers', 'bootstrap-controller'];
  const lines = ['ping', 'etcd', ...hooks.map((hook) => `poststarthook/${hook}`), 'informer-sync', 'shutdown'].map((name) => `[+]${name} ok\n`).join('');
  expect(await text('/readyz?verbose')).toBe(`${lines}readyz check passed\n`);
  expect(await text('/livez?verbose')).not.toContain('shutdown');
  expect(await text('/readyz?verbose&exclude=etcd&exclude=nothing')).toMatch(/\[\+\]etcd excluded: ok\n[\s\S]*warn: some health checks cannot be excluded: no matches for "nothing"\nreadyz check passed\n$/);
  for (const path of ['/livez', '/healthz', '/readyz', '/livez/ping', '/readyz/poststarthook/rbac/bootstrap-roles', '/readyz/informer-sync', '/readyz/shutdown']) expect(await text(path)).toBe('ok');
  expect((await send(api, agent, '/livez/shutdown')).status).toBe(404);
  agent.destroy();
  await api.stop();
});

test('requests may ask for less time than they have, not for nonsense; clients over HTTP/2 are sent away by chance', async () => {
  const api = await begin({ goAwayChance: 0.02, timeouts: { requestMs: 60_000 } });
  const agent = new Agent({ keepAlive: true });
  expect(JSON.parse((await send(api, agent, '/api/v1/namespaces/default/configmaps?timeout=soon')).text)).toMatchObject({ code: 400, message: 'invalid timeout specified in the request URL - time: invalid duration "soon"' });
  expect((await send(api, agent, '/api/v1/namespaces/default/configmaps?timeout=30s')).status).toBe(200);
  agent.destroy();
  const session = connectHttp2(`https://127.0.0.1:${api.port}`, { ca: cluster.authority.certPem, cert: admin.certPem, key: admin.keyPem });
  const sentAway = new Promise<void>((resolve) => session.once('goaway', () => resolve()));
  let statuses = 0;
  while (!session.closed && !session.destroyed) {
    await new Promise<void>((resolve, reject) => {
      const stream = session.request({ ':path': '/version' });
      stream.on('response', () => statuses++);
      stream.on('error', reject);
      stream.resume().on('end', resolve);
    });
    expect(statuses).toBeLessThan(2_000);
  }
  await sentAway;
  expect(statuses).toBeGreaterThan(0);
  await api.stop();
});
