import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { networkInterfaces } from 'node:os';
import type { KubeObject } from '@rhythm/api';
import { silentLog, systemClock, systemRandom } from '@rhythm/base';
import { createAuthority, createSigningKey } from '@rhythm/pki';
import { memoryStore } from '@rhythm/store-client';
import { start } from '@rhythm/apiserver';
import { startWebhook, type Answer, type TestWebhook } from '../../apps/apiserver/src/webhooks/testing.ts';

export interface Reply<T = KubeObject> {
  readonly code: number;
  readonly body: T & { readonly message?: string; readonly reason?: string };
}

export interface Rig {
  /** As an administrator, over HTTPS. */
  ask<T = KubeObject>(method: string, path: string, body?: object, contentType?: string): Promise<Reply<T>>;
  /** An upgrade to a WebSocket; gives what refuses it. */
  upgrade(path: string): Promise<Reply>;
  /** A watch; gives its events one by one. */
  watch(path: string): AsyncGenerator<{ readonly type: string; readonly object: KubeObject }>;
  /** Where the webhook is found: its service, and the bundle it proves itself by. */
  client(path: string): object;
  stop(): Promise<void>;
}

export const hookNamespace = 'webhooks';
const hookService = 'hook';
const servicePort = 8443;

/**
 * An apiserver over a store in memory, and a webhook behind a Service: HTTPS both ways. The webhook listens at an address of this machine, since
 * services on loopback are not called.
 */
export async function startRig(answer: (path: string, body: Record<string, unknown>) => Answer | Promise<Answer>): Promise<Rig> {
  const ports = { clock: systemClock, random: systemRandom };
  const authority = await createAuthority('test-ca', ports);
  const serving = await authority.issue({ commonName: 'kube-apiserver', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], usages: ['server'] });
  const admin = await authority.issue({ commonName: 'admin', organizations: ['system:masters'], usages: ['client'] });
  const server = await start(
    {
      host: '127.0.0.1',
      port: 0,
      advertiseAddress: '192.0.2.1',
      tls: { cert: serving.certPem, key: serving.keyPem, clientCa: authority.certPem },
      serviceAccountKey: (await createSigningKey()).privatePem,
      serviceAccountIssuer: 'https://kubernetes.default.svc.cluster.local',
      serviceCidr: '10.96.0.0/16',
    },
    { ...ports, store: memoryStore({ clock: systemClock }), log: silentLog },
  );
  const agent = new Agent({ keepAlive: true, ca: authority.certPem, cert: admin.certPem, key: admin.keyPem });
  const address = ownAddress();
  const webhook: TestWebhook = await startWebhook(answer, { host: address, names: [`${hookService}.${hookNamespace}.svc`] });
  const open = (method: string, path: string, headers: Record<string, string | number>, body?: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const request = httpsRequest({ host: '127.0.0.1', port: server.port, agent, method, path, headers }, resolve);
      request.on('upgrade', (_message, socket) => {
        socket.destroy();
        reject(new Error(`${path} was upgraded`));
      });
      request.on('error', reject);
      request.end(body);
    });
  const read = async <T>(message: AsyncIterable<Buffer> & { statusCode?: number | undefined }): Promise<Reply<T>> => {
    const pieces: Buffer[] = [];
    for await (const piece of message) pieces.push(piece);
    return { code: message.statusCode ?? 0, body: JSON.parse(Buffer.concat(pieces).toString()) as Reply<T>['body'] };
  };
  const rig: Rig = {
    async ask<T>(method: string, path: string, body?: object, contentType = 'application/json') {
      const text = body === undefined ? undefined : JSON.stringify(body);
      return read<T>(await open(method, path, { accept: 'application/json', ...(text === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }) }, text));
    },
    upgrade: async (path) => read(await open('GET', path, { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': 13, 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-protocol': 'v5.channel.k8s.io' })),
    async *watch(path) {
      const message = await open('GET', path, { accept: 'application/json' });
      let rest = '';
      try {
        for await (const piece of message) {
          const lines = (rest + String(piece)).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) yield JSON.parse(line) as { type: string; object: KubeObject };
        }
      } finally {
        message.destroy();
      }
    },
    client: (path) => ({ service: { namespace: hookNamespace, name: hookService, port: servicePort, path }, caBundle: webhook.caBundle }),
    async stop() {
      agent.destroy();
      await webhook.stop();
      await server.stop();
    },
  };
  try {
    await made(rig, '/api/v1/namespaces', { metadata: { name: hookNamespace } });
    await made(rig, `/api/v1/namespaces/${hookNamespace}/services`, { metadata: { name: hookService }, spec: { ports: [{ port: servicePort }] } });
    await made(rig, `/apis/discovery.k8s.io/v1/namespaces/${hookNamespace}/endpointslices`, {
      metadata: { name: hookService, labels: { 'kubernetes.io/service-name': hookService } },
      addressType: 'IPv4',
      ports: [{ port: webhook.port }],
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
    });
  } catch (error) {
    await rig.stop();
    throw error;
  }
  return rig;
}

/** Creates what must be there. */
export async function made<T = KubeObject>(rig: Rig, path: string, object: object): Promise<T> {
  const { code, body } = await rig.ask<T>('POST', path, object);
  if (code !== 201) throw new Error(`${path}: ${code} ${body.message ?? ''}`);
  return body;
}

/** An IPv4 address of this machine that is not loopback. */
function ownAddress(): string {
  const found = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === 'IPv4' && !one.internal && !one.address.startsWith('169.254.'));
  if (found === undefined) throw new Error('this machine has no address but loopback');
  return found.address;
}
