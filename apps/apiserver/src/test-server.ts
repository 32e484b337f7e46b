import type { IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest, type Agent, type RequestOptions } from 'node:https';
import { seededRandom, silentLog, systemClock } from '@rhythm/base';
import { createAuthority, createSigningKey, type Authority, type KeyPair } from '@rhythm/pki';
import { memoryStore, type Store } from '@rhythm/store-client';
import type { Caller } from './ports/types.ts';
import { start, type Apiserver, type ApiserverConfig, type ApiserverPorts } from './start.ts';

export const testIssuer = 'https://kubernetes.default.svc';

/** The administrator, for those who call a server's pipeline past its faces. */
export const insider: Caller = { certificate: { commonName: 'admin', organizations: ['system:masters'] }, header: () => undefined, headersWith: () => [] };

/** For tests: what a whole server on 127.0.0.1 is started with, and the authority of its clients. */
export interface TestCluster {
  readonly authority: Authority;
  readonly config: ApiserverConfig;
}

export function testAuthority(name = 'test-ca'): Promise<Authority> {
  return createAuthority(name, { clock: systemClock, random: seededRandom(5) });
}

/** A client certificate. */
export function testUser(authority: Authority, commonName: string, ...organizations: string[]): Promise<KeyPair> {
  return authority.issue({ commonName, organizations, usages: ['client'] });
}

/** One signing key does for all servers of a process. */
let signingKey: ReturnType<typeof createSigningKey> | undefined;

/** What several servers of one test may share: they believe each other's tokens and the same clients. */
export async function testCluster(more: Partial<ApiserverConfig> = {}): Promise<TestCluster> {
  const authority = await testAuthority();
  const pair = await authority.issue({ commonName: 'kube-apiserver', dnsNames: ['localhost', 'kubernetes.default.svc'], ipAddresses: ['127.0.0.1'], usages: ['server'] });
  signingKey ??= createSigningKey();
  return {
    authority,
    config: {
      host: '127.0.0.1',
      port: 0,
      advertiseAddress: '192.0.2.10',
      tls: { cert: pair.certPem, key: pair.keyPem, clientCa: authority.certPem },
      serviceAccountKey: (await signingKey).privatePem,
      serviceAccountIssuer: testIssuer,
      serviceCidr: '10.96.0.0/16',
      ...more,
    },
  };
}

/** A server of it; each has a store in memory of its own unless one is given. */
export function startTestServer({ config }: TestCluster, ports: Partial<ApiserverPorts> = {}): Promise<Apiserver> {
  return start(config, { store: memoryStore({ clock: systemClock }), clock: systemClock, random: seededRandom(9), log: silentLog, ...ports });
}

/** A store with a past of so many changes that it has forgotten. */
export async function storeWithPast(changes = 3): Promise<Store> {
  const store = memoryStore({ clock: systemClock });
  for (let n = 0; n < changes; n++) await store.txn([], [{ kind: 'put', key: '/past', value: Buffer.from(String(n)) }]);
  await store.compact((await store.range('/past', { countOnly: true })).revision);
  return store;
}

export interface TestReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
}

export interface TestAsk {
  readonly ca: string;
  /** By whose certificate; absent: by none. */
  readonly as?: KeyPair | undefined;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array | undefined;
  /** Absent: over a connection of its own. */
  readonly agent?: Agent;
}

/** Where to and as whom, for those who make their requests by hand. */
export function requestOptions(port: number, method: string, path: string, { ca, as, headers = {}, agent }: TestAsk): RequestOptions {
  return { host: '127.0.0.1', port, method, path, ca, ...(as === undefined ? {} : { cert: as.certPem, key: as.keyPem }), headers: headers as Record<string, string | string[]>, agent: agent ?? false };
}

/** One request over HTTPS and all of its answer. */
export function ask(port: number, method: string, path: string, asked: TestAsk): Promise<TestReply> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(requestOptions(port, method, path, asked), (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text: bytes.toString() });
      });
    });
    request.on('error', reject);
    request.end(asked.body);
  });
}
