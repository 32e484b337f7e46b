import type { KeyPair } from '@rhythm/pki';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Apiserver } from '../start.ts';
import { ask, startTestServer, storeWithPast, testAuthority, testCluster, testUser, type TestReply } from '../test-server.ts';

let api: Apiserver;
let admin: KeyPair;
let bob: KeyPair;
let stranger: KeyPair;
let ca: string;

beforeAll(async () => {
  const cluster = await testCluster();
  ca = cluster.authority.certPem;
  admin = await testUser(cluster.authority, 'kubernetes-admin', 'system:masters');
  bob = await testUser(cluster.authority, 'bob');
  stranger = await testUser(await testAuthority(), 'kubernetes-admin', 'system:masters');
  api = await startTestServer(cluster, { store: await storeWithPast() });
});
afterAll(() => api.stop());

const send = (method: string, path: string, { headers, body, ...options }: { as?: KeyPair | undefined; body?: string | Buffer; headers?: Record<string, string> } = {}): Promise<TestReply> =>
  ask(api.port, method, path, { ca, as: 'as' in options ? options.as : admin, headers: { 'content-type': 'application/json', ...headers }, body });

const json = (reply: TestReply): Record<string, unknown> => JSON.parse(reply.text) as Record<string, unknown>;
const maps = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string, data: Record<string, string> = {}): string => JSON.stringify({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name }, data });

describe('who may come in', () => {
  test('nobody without a credential, except to health and version', async () => {
    expect((await send('GET', maps, { as: undefined })).status).toBe(401);
    expect((await send('GET', '/apis', { as: undefined })).status).toBe(401);
    expect((await send('GET', '/livez', { as: undefined })).text).toBe('ok');
    expect(json(await send('GET', '/version', { as: undefined }))).toMatchObject({ major: '1', minor: '35', gitVersion: expect.stringMatching(/^v1\.35\.\d+/) });
  });

  test('a certificate of another CA is nobody, whatever name it bears', async () => {
    expect((await send('GET', maps, { as: stranger })).status).toBe(401);
  });

  test('a user without a role is told what he may not do', async () => {
    const reply = await send('GET', maps, { as: bob });
    expect(reply.status).toBe(403);
    expect(json(reply)).toMatchObject({ kind: 'Status', reason: 'Forbidden', message: 'configmaps is forbidden: User "bob" cannot list resource "configmaps" in API group "" in the namespace "default"' });
  });

  test('an admin may ask as somebody else', async () => {
    expect((await send('GET', maps, { headers: { 'impersonate-user': 'bob' } })).status).toBe(403);
    const review = await send('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { body: JSON.stringify({ kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', spec: { resourceAttributes: { verb: 'list', resource: 'pods' } } }) });
    expect(json(review)).toMatchObject({ status: { allowed: true } });
  });
});

describe('HTTP/1.1', () => {
  test('every reply says under which id it is in the audit log', async () => {
    expect((await send('GET', maps, { headers: { 'audit-id': 'mine-1' } })).headers['audit-id']).toBe('mine-1');
    expect((await send('GET', '/version', { as: undefined })).headers['audit-id']).toMatch(/^[\da-f-]{36}$/);
    expect((await send('GET', maps, { as: undefined })).headers['audit-id']).toMatch(/^[\da-f-]{36}$/);
  });

  test('JSON is written for people who ask for it: objects, lists, refusals', async () => {
    for (const path of ['/api/v1/namespaces/default', '/api/v1/namespaces', `${maps}/none`]) {
      const plain = (await send('GET', path)).text;
      const pretty = (await send('GET', `${path}?pretty=true`)).text;
      expect(pretty).toBe(JSON.stringify(JSON.parse(plain), null, 2));
      expect((await send('GET', path, { headers: { 'user-agent': 'curl/8.1' } })).text).toBe(pretty);
    }
  });

  test('many warnings are cut, and none is told without end', async () => {
    const warned = async (fields: number, length: number): Promise<number[]> => {
      const unknown = Object.fromEntries(Array.from({ length: fields }, (_, at) => [`${'x'.repeat(length)}${at}`, 1]));
      const request = httpsRequest({ host: '127.0.0.1', port: api.port, method: 'POST', path: `${maps}?dryRun=All`, ca, cert: admin.certPem, key: admin.keyPem, agent: false });
      request.end(JSON.stringify({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'many' }, ...unknown }));
      const response = await new Promise<IncomingMessage>((resolve, reject) => request.on('response', resolve).on('error', reject));
      response.resume();
      return response.rawHeaders.flatMap((name, at, all) => (at % 2 === 0 && name.toLowerCase() === 'warning' ? [(all[at + 1] ?? '').length] : []));
    };
    const envelope = '299 - ""'.length;
    expect(Math.max(...(await warned(2, 1000)))).toBeGreaterThan(1000);
    const many = await warned(100, 1000);
    expect(many).toEqual(Array.from({ length: 16 }, () => expect.toSatisfy((length: number) => length <= 256 + envelope + 2)));
  });

  test('what is there to be read takes nothing', async () => {
    for (const path of ['/api', '/apis', '/apis/apps/v1', '/version']) expect((await send('POST', path, { body: '{}' })).status).toBe(405);
    const { headers } = await send('GET', '/apis');
    expect((await send('GET', '/apis', { headers: { 'if-none-match': `"x", W/${String(headers['etag'])}` } })).status).toBe(304);
  });

  test('the root names what is served', async () => {
    expect(json(await send('GET', '/'))['paths']).toEqual(expect.arrayContaining(['/api', '/apis/apps/v1', '/version']));
    expect((await send('GET', '/', { as: bob })).status).toBe(403);
  });

  test('create, get, delete', async () => {
    expect((await send('POST', maps, { body: configMap('one') })).status).toBe(201);
    expect(json(await send('GET', `${maps}/one`))).toMatchObject({ metadata: { name: 'one', namespace: 'default' } });
    expect((await send('DELETE', `${maps}/one`)).status).toBe(200);
    const gone = await send('GET', `${maps}/one`);
    expect(gone.status).toBe(404);
    expect(json(gone)).toMatchObject({ reason: 'NotFound', details: { name: 'one', kind: 'configmaps' } });
  });

  test('a body too large is 413, a method unknown 405, a path broken 400', async () => {
    expect((await send('POST', maps, { body: Buffer.alloc(3 * 1024 * 1024 + 1, 0x20) })).status).toBe(413);
    expect((await send('PROPFIND', maps)).status).toBe(405);
    expect((await send('GET', `${maps}/%zz`)).status).toBe(400);
    expect((await send('GET', `${maps}/..%2f..%2fsecrets`)).status).toBe(400);
    expect((await send('GET', `${maps}?limit=x`)).status).toBe(400);
    expect((await send('GET', '/nothing')).status).toBe(404);
  });

  test('large replies are compressed for those who take it, small ones never', async () => {
    await send('POST', maps, { body: configMap('large', { x: 'y'.repeat(200_000) }) });
    const packed = await send('GET', `${maps}/large`, { headers: { 'accept-encoding': 'gzip' } });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(JSON.parse(gunzipSync(packed.bytes).toString())).toMatchObject({ metadata: { name: 'large' } });
    expect((await send('GET', `${maps}/large`)).headers['content-encoding']).toBeUndefined();
    expect((await send('GET', '/api/v1/namespaces/default', { headers: { 'accept-encoding': 'gzip' } })).headers['content-encoding']).toBeUndefined();
    await send('DELETE', `${maps}/large`);
  });

  test('warnings are headers that nothing can break out of', async () => {
    const reply = await send('POST', `${maps}?fieldValidation=Warn`, { body: '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"warned"},"bad\\r\\nx: y \\"q\\"":1}' });
    expect(reply.status).toBe(201);
    expect(String(reply.headers['warning'])).toMatch(/^299 - "unknown field/);
  });

  test('an upgrade that nobody serves is refused', async () => {
    const status = await new Promise<number>((resolve, reject) => {
      const request = httpsRequest({ host: '127.0.0.1', port: api.port, path: `${maps}/x/exec`, ca, cert: admin.certPem, key: admin.keyPem, agent: false, headers: { connection: 'Upgrade', upgrade: 'websocket' } });
      request.on('response', (response) => resolve(response.statusCode ?? 0));
      request.on('upgrade', () => reject(new Error('upgraded')));
      request.on('error', reject);
      request.end();
    });
    expect(status).toBe(400);
  });
});

describe('HTTP/2', () => {
  let session: ClientHttp2Session;
  beforeAll(() => {
    session = connectHttp2(`https://127.0.0.1:${api.port}`, { ca, cert: admin.certPem, key: admin.keyPem });
  });
  afterAll(() => session.destroy());

  test('a watch tells of each change on a line of its own', async () => {
    const lines = await new Promise<{ type: string; object: { metadata: { name: string } } }[]>((resolve, reject) => {
      const stream = session.request({ ':path': `${maps}?watch=1&fieldSelector=metadata.name%3Dwatched` });
      let text = '';
      stream.setEncoding('utf8');
      stream.on('response', (headers) => {
        expect(headers[':status']).toBe(200);
        void send('POST', maps, { body: configMap('watched') }).then(() => send('DELETE', `${maps}/watched`));
      });
      stream.on('data', (chunk: string) => {
        text += chunk;
        const whole = text.split('\n').filter((line) => line !== '');
        if (whole.length < 2 || !text.endsWith('\n')) return;
        stream.close();
        resolve(whole.map((line) => JSON.parse(line) as { type: string; object: { metadata: { name: string } } }));
      });
      stream.on('error', reject);
    });
    expect(lines.map((line) => `${line.type} ${line.object.metadata.name}`)).toEqual(['ADDED watched', 'DELETED watched']);
  });

  test('a watch from what the store has forgotten is 200, and one ERROR event says 410', async () => {
    const old = await send('GET', `${maps}?watch=1&resourceVersion=1`);
    expect([old.status, old.headers['content-type']]).toEqual([200, 'application/json']);
    expect(json(old)).toMatchObject({ type: 'ERROR', object: { kind: 'Status', reason: 'Expired', code: 410 } });
  });

  test('many requests share a connection', async () => {
    const statuses = await Promise.all(
      Array.from(
        { length: 50 },
        () =>
          new Promise<number>((resolve, reject) => {
            const stream = session.request({ ':path': '/api/v1/namespaces/default' });
            stream.on('response', (headers) => resolve(Number(headers[':status'])));
            stream.on('error', reject);
            stream.resume();
          }),
      ),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});

describe('discovery', () => {
  test('plain', async () => {
    expect(json(await send('GET', '/api'))).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    expect(json(await send('GET', '/apis'))).toMatchObject({ kind: 'APIGroupList', groups: expect.arrayContaining([expect.objectContaining({ name: 'apps' })]) });
    expect(json(await send('GET', '/api/v1'))).toMatchObject({ kind: 'APIResourceList', resources: expect.arrayContaining([expect.objectContaining({ name: 'pods', shortNames: ['po'] }), expect.objectContaining({ name: 'pods/status' })]) });
    expect((await send('GET', '/apis/nothing.example')).status).toBe(404);
    expect((await send('GET', '/apis/apps/v9')).status).toBe(404);
  });

  test('aggregated, and 304 when nothing changed', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    const all = await send('GET', '/apis', { headers: { accept } });
    expect(all.headers['content-type']).toBe('application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
    expect(json(all)).toMatchObject({ kind: 'APIGroupDiscoveryList', items: expect.arrayContaining([expect.objectContaining({ metadata: { name: 'apps' } })]) });
    const again = await send('GET', '/apis', { headers: { accept, 'if-none-match': String(all.headers['etag']) } });
    expect([again.status, again.bytes.length]).toEqual([304, 0]);
  });

  test('OpenAPI v3 says which parameters a patch takes, v2 comes in protobuf', async () => {
    const index = json(await send('GET', '/openapi/v3')) as { paths: Record<string, { serverRelativeURL: string }> };
    const document = json(await send('GET', index.paths['apis/apps/v1']?.serverRelativeURL ?? '')) as { paths: Record<string, { patch: { parameters: { name: string }[] } }>; components: { schemas: object } };
    expect(document.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']?.patch.parameters.map((p) => p.name)).toContain('fieldValidation');
    expect(Object.keys(document.components.schemas)).toContain('io.k8s.api.apps.v1.Deployment');
    const v2 = await send('GET', '/openapi/v2', { headers: { accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' } });
    expect(v2.bytes.subarray(0, 5).toString('latin1')).toBe('\n\u00032.0');
  });

  test('health, one by one and all together', async () => {
    expect((await send('GET', '/readyz?verbose')).text).toContain('[+]etcd ok');
    expect((await send('GET', '/livez/ping')).text).toBe('ok');
    expect((await send('GET', '/livez/nothing')).status).toBe(404);
  });
});

test('a cluster begins with its namespaces, priority classes and its own Service', async () => {
  const list = (path: string): Promise<string[]> => send('GET', path).then((reply) => (json(reply) as unknown as { items: { metadata: { name: string } }[] }).items.map((item) => item.metadata.name));
  expect(await list('/api/v1/namespaces')).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system']);
  expect(await list('/apis/scheduling.k8s.io/v1/priorityclasses')).toEqual(['system-cluster-critical', 'system-node-critical']);
  expect(json(await send('GET', '/api/v1/namespaces/default/services/kubernetes'))).toMatchObject({ spec: { clusterIP: '10.96.0.1', ports: [{ port: 443, targetPort: api.port }] } });
  expect(await list('/apis/networking.k8s.io/v1/ipaddresses')).toEqual(['10.96.0.1']);
  expect(json(await send('GET', '/api/v1/namespaces/default/endpoints/kubernetes'))).toMatchObject({ subsets: [{ addresses: [{ ip: '192.0.2.10' }], ports: [{ port: api.port }] }] });
});
