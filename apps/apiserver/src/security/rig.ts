import { Agent } from 'node:https';
import { seededRandom, systemClock } from '@rhythm/base';
import type { KubeObject } from '@rhythm/api';
import { dialGrpc, GrpcError, Metadata, statusMetadataKey, unary } from '@rhythm/grpc';
import type { Authority, KeyPair } from '@rhythm/pki';
import { ApiClient as Stub, ApiService, Options, Request } from '@rhythm/proto/api';
import { memoryStore, type Store } from '@rhythm/store-client';
import { jsonLog } from '@rhythm/telemetry';
import { expect } from 'vitest';
import { frontProxyHeadersByDefault } from '../auth/index.ts';
import type { Apiserver } from '../start.ts';
import { ask as askServer, startTestServer, testAuthority, testCluster, testUser } from '../test-server.ts';

export type Verb = 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** A request on a resource, as either face can say it. */
export interface Ask {
  readonly verb: Verb;
  /** `[GROUP/]VERSION`; default `v1`. */
  readonly api?: string;
  readonly namespace?: string;
  readonly resource: string;
  readonly name?: string;
  readonly subresource?: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

export interface Reply {
  readonly code: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface Raw {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  /** Over a connection that is kept; one of its own otherwise. */
  readonly isKept?: boolean;
}

interface Identity {
  readonly pair?: KeyPair;
  readonly token?: string;
}

const methods = { get: 'GET', list: 'GET', create: 'POST', update: 'PUT', patch: 'PATCH', delete: 'DELETE', deletecollection: 'DELETE' } as const;
const stubMethods = { get: ApiService.get, list: ApiService.list, create: ApiService.create, update: ApiService.update, patch: ApiService.patch, delete: ApiService.delete, deletecollection: ApiService.deleteCollection } as const;
const nobody: Identity = {};

/** One whole server with an audit log that writes down everything, and its callers. */
export class Rig {
  readonly server: Apiserver;
  readonly store: Store;
  readonly ca: string;
  /** What was written to the log, at every level, and to the audit log. */
  readonly log: string[];
  readonly audit: string[];
  readonly #authority: Authority;
  readonly #identities = new Map<string, Identity>([['nobody', nobody]]);
  readonly #stubs = new Map<string, Stub>();
  readonly #agents = new Map<string, Agent>();

  private constructor(parts: { server: Apiserver; store: Store; authority: Authority; log: string[]; audit: string[] }) {
    this.server = parts.server;
    this.store = parts.store;
    this.log = parts.log;
    this.audit = parts.audit;
    this.#authority = parts.authority;
    this.ca = parts.authority.certPem;
  }

  static async start(): Promise<Rig> {
    const [log, audit]: [string[], string[]] = [[], []];
    const proxies = await testAuthority('proxy-ca');
    const cluster = await testCluster({
      frontProxy: { ca: proxies.certPem, allowedNames: ['front-proxy'], ...frontProxyHeadersByDefault },
      auditPolicy: 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: RequestResponse}]\n',
    });
    const { authority } = cluster;
    const store = memoryStore();
    const server = await startTestServer(cluster, { store, random: seededRandom(2), log: jsonLog(systemClock, (line) => log.push(line), 'debug'), writeAudit: (line) => audit.push(line) });
    const rig = new Rig({ server, store, authority, log, audit });
    await rig.user('admin', ['system:masters']);
    for (const name of ['n1', 'n2']) await rig.user(`system:node:${name}`, ['system:nodes']);
    await rig.user('ann', []);
    rig.#identities.set('front-proxy', { pair: await testUser(proxies, 'front-proxy') });
    return rig;
  }

  async stop(): Promise<void> {
    for (const stub of this.#stubs.values()) stub.close();
    for (const agent of this.#agents.values()) agent.destroy();
    await this.server.stop();
  }

  /** Somebody with a certificate of that name. */
  async user(name: string, organizations: readonly string[]): Promise<void> {
    this.#identities.set(name, { pair: await testUser(this.#authority, name, ...organizations) });
  }

  /** For connections that are made by hand. */
  certificateOf(name: string): { readonly cert?: string; readonly key?: string } {
    const { pair } = this.#identityOf(name);
    return pair === undefined ? {} : { cert: pair.certPem, key: pair.keyPem };
  }

  /** Somebody with a token. */
  bearer(name: string, token: string): void {
    this.#identities.set(name, { token });
  }

  /** An HTTP request with the path as it is. */
  async raw(as: string, method: string, path: string, { headers = {}, body, isKept = false }: Raw = {}): Promise<Reply> {
    const { pair, token } = this.#identityOf(as);
    const all = { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }), ...headers };
    const { status, text, headers: answered } = await askServer(this.server.port, method, path, { ca: this.ca, as: pair, headers: all, body, ...(isKept ? { agent: this.#agentOf(as) } : {}) });
    return { code: status, text, headers: answered };
  }

  http(as: string, ask: Ask): Promise<Reply> {
    const body = ask.body === undefined ? undefined : bytesOf(ask.body);
    // After a body that is too large the server closes the connection.
    return this.raw(as, methods[ask.verb], pathOf(ask), { isKept: (body?.length ?? 0) < 100_000, headers: { accept: 'application/json', ...ask.headers, ...(ask.contentType === undefined ? {} : { 'content-type': ask.contentType }) }, ...(body === undefined ? {} : { body }) });
  }

  async grpc(as: string, ask: Ask): Promise<Reply> {
    const { token } = this.#identityOf(as);
    const stub = this.#stubs.get(as) ?? dialGrpc(Stub, { targets: `127.0.0.1:${this.server.grpcPort}`, tls: { ca: this.ca, ...this.certificateOf(as) }, userAgent: 'security' });
    this.#stubs.set(as, stub);
    const metadata = new Metadata();
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    for (const [name, value] of Object.entries(ask.headers ?? {})) for (const one of [value].flat()) metadata.add(name, one as string);
    const [group, version] = groupVersion(ask);
    const options = Options.create({ parameters: Object.entries(ask.query ?? {}).map(([name, value]) => ({ name, value })) });
    const { namespace = '', resource, name = '', subresource = '', body, contentType = body === undefined ? '' : 'application/json' } = ask;
    try {
      const { code, body: answer } = await unary(stub, stubMethods[ask.verb], Request.create({ group, version, namespace, resource, name, subresource, options, body: bytesOf(body), contentType, accept: 'application/json' }), { metadata });
      return { code, text: Buffer.from(answer).toString(), headers: {} };
    } catch (error) {
      const status = error instanceof GrpcError ? error.metadata.get(statusMetadataKey)[0] : undefined;
      if (status === undefined) throw error;
      return { code: (JSON.parse(String(status)) as { code: number }).code, text: String(status), headers: {} };
    }
  }

  /** The code that both faces answer; a difference between them is a failure. For requests that leave nothing behind. */
  async both(as: string, ask: Ask): Promise<number> {
    const [http, grpc] = [await this.http(as, ask), await this.grpc(as, ask)];
    expect({ face: 'gRPC', code: grpc.code, reason: reasonOf(grpc) }, http.text).toEqual({ face: 'gRPC', code: http.code, reason: reasonOf(http) });
    return http.code;
  }

  /** As the one who may do everything. @throws when that is refused. */
  async make<T = KubeObject>(ask: Ask): Promise<T> {
    const { code, text } = await this.http('admin', ask);
    if (code >= 300) throw new Error(`${ask.verb} ${ask.resource}: ${text}`);
    return JSON.parse(text) as T;
  }

  /** Gives users the rights of rules, in a namespace or, without one, everywhere. */
  async grant(user: string, rules: readonly object[], namespace = ''): Promise<void> {
    const api = 'rbac.authorization.k8s.io/v1';
    const name = `may-${this.#grants++}`;
    const [role, binding] = namespace === '' ? (['ClusterRole', 'clusterrolebindings'] as const) : (['Role', 'rolebindings'] as const);
    await this.make({ verb: 'create', api, namespace, resource: `${role.toLowerCase()}s`, body: { metadata: { name }, rules } });
    await this.make({ verb: 'create', api, namespace, resource: binding, body: { metadata: { name }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: role, name }, subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: user }] } });
  }

  #grants = 0;

  async keys(): Promise<string[]> {
    const { values } = await this.store.range('/', { end: '0', keysOnly: true });
    return values.map(({ key }) => key);
  }

  #agentOf(as: string): Agent {
    const agent = this.#agents.get(as) ?? new Agent({ keepAlive: true });
    this.#agents.set(as, agent);
    return agent;
  }

  #identityOf(as: string): Identity {
    const identity = this.#identities.get(as);
    if (identity === undefined) throw new Error(`there is no ${as}`);
    return identity;
  }
}

function groupVersion({ api = 'v1' }: Ask): [string, string] {
  const at = api.indexOf('/');
  return at < 0 ? ['', api] : [api.slice(0, at), api.slice(at + 1)];
}

export function pathOf(ask: Ask): string {
  const [group, version] = groupVersion(ask);
  const { namespace = '', resource, name = '', subresource = '', query = {} } = ask;
  const parts = [...(group === '' ? ['api', version] : ['apis', group, version]), ...(namespace === '' ? [] : ['namespaces', namespace]), resource, name, subresource];
  const text = new URLSearchParams(query).toString();
  return `/${parts.filter((part) => part !== '').map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

function bytesOf(body: unknown): Uint8Array {
  if (body === undefined) return new Uint8Array();
  return body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

export function reasonOf({ code, text }: Reply): string {
  return code < 400 ? '' : ((JSON.parse(text) as { reason?: string }).reason ?? '');
}
