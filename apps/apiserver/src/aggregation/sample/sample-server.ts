import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { ApiError, toApiError } from '@rhythm/api';
import { formatTime, systemClock, systemRandom } from '@rhythm/base';
import { createAuthority } from '@rhythm/pki';
import { parseResourcePath, verbOf, wantsWatch, type ResourcePath } from '../../ports/path.ts';
import { aggregatedDocument, groupDocument, openApiDocument, resourceDocument, sampleHash } from './documents.ts';
import { Flunders, sampleGroup, sampleVersion, type Flunder } from './flunders.ts';

/** For whom a front proxy speaks. */
export interface SampleUser {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export interface SampleOptions {
  readonly host: string;
  /** The Service that its certificate is for: `NAME.NAMESPACE.svc`. */
  readonly serviceName: string;
  readonly serviceNamespace: string;
  /** PEM: whose proxies are believed (`requestheader-client-ca-file`), and under which names. */
  readonly requestHeaderCa: string;
  readonly allowedNames: readonly string[];
  /** Delegated authorisation: a SubjectAccessReview of the cluster. */
  readonly allows: (user: SampleUser, path: ResourcePath, verb: string) => Promise<boolean>;
  /** Whether it knows the aggregated form of discovery; older servers do not. */
  readonly isModern?: boolean;
}

export interface SampleServer {
  readonly port: number;
  /** For the APIService, in base64. */
  readonly caBundle: string;
  readonly flunders: Flunders;
  /** The requests that came, newest last: with headers, as they arrived. */
  readonly seen: readonly { readonly method: string; readonly url: string; readonly headers: IncomingMessage['headers']; readonly proxy: string; readonly user: SampleUser | undefined }[];
  /** While true, everything is answered with 500. */
  isBroken: boolean;
  stop(): Promise<void>;
}

/** Starts a server that answers as told. */
export async function startSampleServer(options: SampleOptions): Promise<SampleServer> {
  const authority = await createAuthority('sample-ca', { clock: systemClock, random: systemRandom });
  const pair = await authority.issue({ commonName: 'sample', dnsNames: [`${options.serviceName}.${options.serviceNamespace}.svc`], usages: ['server'] });
  const flunders = new Flunders();
  const seen: SampleServer['seen'][number][] = [];
  const upgraded = new Set<Duplex>();
  const state = { isBroken: false };
  const note = (request: IncomingMessage): SampleUser | undefined => {
    const proxy = proxyOf(request.socket as TLSSocket, options.allowedNames);
    const user = proxy === undefined ? undefined : userOf(request);
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, proxy: proxy ?? '', user });
    return user;
  };
  const server = createServer({ cert: pair.certPem, key: pair.keyPem, ca: options.requestHeaderCa, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    const user = note(request);
    answer(options, flunders, request, response, user, state.isBroken).catch((thrown: unknown) => {
      const error = toApiError(thrown);
      send(response, error.code, error.toStatus());
    });
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const user = note(request);
    upgraded.add(socket);
    socket.on('close', () => upgraded.delete(socket));
    socket.on('error', () => undefined);
    if (user === undefined) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade ?? ''}\r\n\r\nhello ${user.name} `);
    socket.write(head);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, options.host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    caBundle: Buffer.from(authority.certPem).toString('base64'),
    flunders,
    seen,
    get isBroken() {
      return state.isBroken;
    },
    set isBroken(value) {
      state.isBroken = value;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of upgraded) socket.destroy();
      }),
  };
}

/** The name of the proxy that calls, when it is one to be believed. */
function proxyOf(socket: TLSSocket, allowedNames: readonly string[]): string | undefined {
  if (!socket.authorized) return undefined;
  const name = (socket.getPeerCertificate().subject as { CN?: string } | undefined)?.CN ?? '';
  return allowedNames.length === 0 || allowedNames.includes(name) ? name : undefined;
}

function userOf({ rawHeaders }: IncomingMessage): SampleUser | undefined {
  const values = (wanted: string): string[] => rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === wanted).map((value) => Buffer.from(value, 'latin1').toString());
  const prefix = 'x-remote-extra-';
  const keys = new Set(rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase().startsWith(prefix)).map((name) => name.toLowerCase()));
  const [name] = values('x-remote-user');
  if (name === undefined) return undefined;
  return { name, uid: values('x-remote-uid')[0] ?? '', groups: values('x-remote-group'), extra: Object.fromEntries([...keys].map((key) => [decodeURIComponent(key.slice(prefix.length)), values(key)])) };
}

async function answer(options: SampleOptions, flunders: Flunders, request: IncomingMessage, response: ServerResponse, user: SampleUser | undefined, isBroken: boolean): Promise<void> {
  if (isBroken) throw new ApiError('InternalError', 'broken');
  if (user === undefined) throw new ApiError('Unauthorized', 'Unauthorized');
  const url = new URL(request.url ?? '/', 'https://sample');
  const path = parseResourcePath(url.pathname);
  if (path === undefined) {
    document(options, request, response, url.pathname);
    return;
  }
  const verb = verbOf(request.method ?? 'GET', path, wantsWatch(url.searchParams));
  if (path.resource !== 'flunders') throw new ApiError('NotFound', 'the server could not find the requested resource', { details: {} });
  if (!(await options.allows(user, path, verb))) throw new ApiError('Forbidden', `flunders.${sampleGroup} is forbidden: User ${JSON.stringify(user.name)} cannot ${verb} resource "flunders" in API group "${sampleGroup}" in the namespace ${JSON.stringify(path.namespace)}`);
  if (path.subresource === 'moved') {
    response.writeHead(302, { location: 'https://elsewhere.example.com/' }).end();
    return;
  }
  const body = request.method === 'GET' ? undefined : await bodyOf(request);
  if (verb === 'watch') sendWatch(flunders, path, url.searchParams, response);
  else serve(flunders, path, verb, url.searchParams, body, response);
}

function document({ isModern = true }: SampleOptions, request: IncomingMessage, response: ServerResponse, path: string): void {
  const of = `/apis/${sampleGroup}`;
  if (path === '/apis' && isModern && (request.headers.accept ?? '').includes('as=APIGroupDiscoveryList')) {
    send(response, 200, aggregatedDocument, 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
  } else if (path === '/apis') send(response, 200, { kind: 'APIGroupList', apiVersion: 'v1', groups: [groupDocument] });
  else if (path === of) send(response, 200, { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument });
  else if (path === `${of}/${sampleVersion}`) send(response, 200, resourceDocument);
  else if (path === '/openapi/v3') send(response, 200, { paths: { [`apis/${sampleGroup}/${sampleVersion}`]: { serverRelativeURL: `/openapi/v3${of}/${sampleVersion}?hash=${sampleHash}` } } });
  else if (path === `/openapi/v3${of}/${sampleVersion}`) send(response, 200, openApiDocument(3));
  else if (path === '/openapi/v2') send(response, 200, openApiDocument(2));
  else throw new ApiError('NotFound', 'the server could not find the requested resource', { details: {} });
}

function serve(flunders: Flunders, { namespace, name }: ResourcePath, verb: string, query: URLSearchParams, body: unknown, response: ServerResponse): void {
  const items = (): Flunder[] => flunders.list(namespace, query.get('labelSelector') ?? '');
  switch (verb) {
    case 'list':
      send(response, 200, { kind: 'FlunderList', apiVersion: `${sampleGroup}/${sampleVersion}`, metadata: { resourceVersion: String(flunders.revision) }, items: items() });
      return;
    case 'get':
      send(response, 200, flunders.get(namespace, name));
      return;
    case 'create':
      send(response, 201, flunders.create(namespace, body as Flunder, formatTime(systemClock.now())));
      return;
    case 'update':
      send(response, 200, flunders.update(namespace, name, body as Flunder));
      return;
    case 'patch':
      send(response, 200, flunders.update(namespace, name, merged(flunders.get(namespace, name), body) as Flunder));
      return;
    case 'delete':
      send(response, 200, flunders.delete(namespace, name));
      return;
    default: {
      const gone = items().map(({ metadata }) => flunders.delete(metadata.namespace ?? '', metadata.name ?? ''));
      send(response, 200, { kind: 'FlunderList', apiVersion: `${sampleGroup}/${sampleVersion}`, metadata: {}, items: gone });
    }
  }
}

/** JSON merge patch (RFC 7396). */
function merged(current: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result = new Map(Object.entries(typeof current === 'object' && current !== null && !Array.isArray(current) ? current : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, merged(result.get(key), value));
  }
  return Object.fromEntries(result);
}

function sendWatch(flunders: Flunders, { namespace }: ResourcePath, query: URLSearchParams, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const stop = flunders.watch(Number(query.get('resourceVersion') ?? '0'), ({ type, object }) => {
    if (namespace === '' || object.metadata.namespace === namespace) response.write(`${JSON.stringify({ type, object })}\n`);
  });
  response.once('close', stop);
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  const text = Buffer.concat(pieces).toString();
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

function send(response: ServerResponse, code: number, body: object, contentType = 'application/json'): void {
  response.writeHead(code, { 'content-type': contentType });
  response.end(JSON.stringify(body));
}
