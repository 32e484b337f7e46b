import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash, createPublicKey, sign } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock, systemRandom } from '@rhythm/base';
import { createAuthority, createSigningKey, type KeyPair } from '@rhythm/pki';
import { storeProcess } from '../store/store-process.ts';
import { followStore, type StoreState } from './store-changes.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const readyMsMax = 120_000;
/** Small, so that what is kept of each request shows as a crash. */
const heapMb = 256;
export const issuer = 'https://kubernetes.default.svc.cluster.local';

export interface Reply {
  readonly status: number;
  readonly text: string;
}

export interface Ask {
  readonly method: string;
  readonly path: string;
  /** A user with a certificate; '' for none. `admin` may do everything. */
  readonly as?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
}

/** A store and an apiserver, each a process of its own, and clients of them. */
export interface Server {
  readonly port: number;
  readonly ca: string;
  ask(ask: Ask): Promise<Reply>;
  /** A service-account token with these claims on top of right ones; `header` and `key` for forged ones. */
  token(claims: object, forged?: { readonly header?: object; readonly key?: string }): string;
  storeState(): Promise<StoreState>;
  /** Resident memory of the apiserver, bytes. */
  memory(): number;
  log(): string;
  stop(): Promise<void>;
}

export async function startServer(users: Readonly<Record<string, readonly string[]>>): Promise<Server> {
  const built = spawnSync(process.execPath, [join(root, 'tools/bundle.mjs'), 'apiserver'], { cwd: root, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the apiserver cannot be bundled: ${built.stderr}`);
  const store = await storeProcess();
  const { folder } = store;
  const authority = await createAuthority('test-ca', { clock: systemClock, random: systemRandom });
  const foreign = await createAuthority('test-ca', { clock: systemClock, random: systemRandom });
  const serving = await authority.issue({ commonName: 'kube-apiserver', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], usages: ['server'] });
  const pairs = new Map<string, KeyPair>([['foreign', await foreign.issue({ commonName: 'kubernetes-admin', organizations: ['system:masters'], usages: ['client'] })]]);
  for (const [name, organizations] of Object.entries(users)) pairs.set(name, await authority.issue({ commonName: name, organizations: [...organizations], usages: ['client'] }));
  const { privatePem } = await createSigningKey();
  const files = { 'api.crt': serving.certPem, 'api.key': serving.keyPem, 'client-ca.crt': authority.certPem, 'sa.key': privatePem };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  const { child, port } = await startApiserver(folder, store.endpoint, store.tls);
  const [identity = ''] = (await store.etcdctl(['get', '/registry/leases/kube-system/apiserver-', '--prefix', '--keys-only'])).trim().split('\n');
  // By the first two the server says every ten seconds that it is there, by the last one every five minutes that it has compacted the store. A refused request can name none by chance.
  const changes = followStore(store, (key) => key === identity || key.startsWith('/registry/masterleases/') || key === 'compact_rev_key');
  const agents = new Map<string, Agent>();
  const agentOf = (user: string): Agent => {
    const pair = pairs.get(user);
    const agent = agents.get(user) ?? new Agent({ keepAlive: true, maxSockets: 16, ca: authority.certPem, ...(pair === undefined ? {} : { cert: pair.certPem, key: pair.keyPem }) });
    agents.set(user, agent);
    return agent;
  };
  return {
    port,
    ca: authority.certPem,
    ask: (ask) => send(port, agentOf(ask.as ?? 'admin'), ask),
    token: (claims, forged = {}) => tokenOf(privatePem, claims, forged),
    storeState: () => changes.state(),
    memory: () => 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8'))?.[1]),
    log: () => readFileSync(join(folder, 'api.log'), 'utf8'),
    stop: async () => {
      for (const agent of agents.values()) agent.destroy();
      changes.stop();
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGKILL');
      await ended;
      await store.remove();
    },
  };
}

async function startApiserver(folder: string, endpoint: string, tls: { ca: string; cert: string; key: string }): Promise<{ child: ChildProcess; port: number }> {
  const at = (name: string): string => join(folder, name);
  const flags = {
    host: '127.0.0.1', port: '0', 'advertise-address': '192.0.2.1', 'store-endpoints': endpoint, 'store-ca-file': tls.ca, 'store-cert-file': tls.cert, 'store-key-file': tls.key,
    'cert-file': at('api.crt'), 'key-file': at('api.key'), 'client-ca-file': at('client-ca.crt'), 'service-account-key-file': at('sa.key'), 'service-account-issuer': issuer,
    'service-cidr': '10.96.0.0/24', 'endpoint-file': at('api-endpoint'),
  };
  // As `up` starts it: it gives memory back when it rests.
  const args = [`--max-old-space-size=${heapMb}`, '--max-semi-space-size=16', '--expose-gc', join(root, 'apps/apiserver/dist/main.mjs'), ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])];
  rmSync(at('api-endpoint'), { force: true });
  const child = spawn('/bin/sh', ['-c', `exec "$@" 2>>"${at('api.log')}"`, 'sh', process.execPath, ...args], { stdio: 'ignore' });
  const until = Date.now() + readyMsMax;
  while (!existsSync(at('api-endpoint'))) {
    const log = (): string => (existsSync(at('api.log')) ? readFileSync(at('api.log'), 'utf8') : '');
    if (child.exitCode !== null) throw new Error(`the apiserver ended with ${child.exitCode}: ${log()}`);
    if (Date.now() > until) throw new Error(`the apiserver is not ready after ${readyMsMax} ms: ${log()}`);
    await new Promise((done) => setTimeout(done, 20));
  }
  return { child, port: Number(readFileSync(at('api-endpoint'), 'utf8').trim().split(':')[1]) };
}

function send(port: number, agent: Agent, { method, path, headers, body }: Ask): Promise<Reply> {
  return new Promise((done, reject) => {
    const settings = { host: '127.0.0.1', port, method, path, agent, headers: { ...(headers as Record<string, string | string[]>), ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) } };
    const request = httpsRequest(settings, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => done({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** A JWT as the server signs them (ES256), or as somebody else would. */
function tokenOf(pem: string, claims: object, { header, key }: { readonly header?: object; readonly key?: string }): string {
  const publicKey = createPublicKey(pem);
  const kid = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64url');
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'ES256', kid, ...header })}.${part(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key: key ?? pem, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

