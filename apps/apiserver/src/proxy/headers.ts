import type { HttpExchange } from '@rhythm/http';

type HeaderPairs = readonly (readonly [name: string, value: string])[];

/** Of one connection only (RFC 9110, 7.6.1), and those that the outgoing connection sets itself. */
const hopByHop: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings', 'expect', 'host']);

/** The caller's credential towards this server, and what only a proxy in front of it may say. Cookies are none of ours: they belong to the backend. */
function isOurs(name: string): boolean {
  return name === 'authorization' || name === 'forwarded' || name.startsWith('impersonate-') || name.startsWith('x-remote-') || name.startsWith('x-forwarded-');
}

/** A token may also come as a WebSocket protocol, for browsers. */
const bearerProtocol = 'base64url.bearer.authorization.k8s.io.';

/** What a backend must not say for the whole of this server's origin. */
const replyDropped: ReadonlySet<string> = new Set(['access-control-allow-credentials', 'access-control-allow-headers', 'access-control-allow-methods', 'access-control-allow-origin', 'strict-transport-security', 'alt-svc', 'public-key-pins']);

export interface ForwardedRequest {
  readonly headers: HeaderPairs;
  readonly clientAddress: string;
  readonly host: string;
  /** The path that the client asked for, on this server. */
  readonly uri: string;
}

/** Headers for the backend: the client's without its credentials and without those of its connection, and where it came from. */
export function requestHeaders(request: ForwardedRequest): Record<string, string[]> {
  const connection = named(request.headers, 'connection');
  const kept = gather(request.headers, (name) => !name.startsWith(':') && !hopByHop.has(name) && !connection.has(name) && !isOurs(name));
  withoutBearerProtocol(kept);
  if (request.host !== '') kept['host'] = [request.host];
  kept['x-forwarded-for'] = [request.clientAddress];
  kept['x-forwarded-host'] = [request.host];
  kept['x-forwarded-proto'] = ['https'];
  kept['x-forwarded-uri'] = [request.uri];
  return kept;
}

/** Headers for the client: the backend's without those of its connection. */
export function replyHeaders(rawHeaders: readonly string[]): Record<string, string[]> {
  const pairs = pairsOf(rawHeaders);
  const connection = named(pairs, 'connection');
  return gather(pairs, (name) => !hopByHop.has(name) && !connection.has(name) && !replyDropped.has(name));
}

/** The same for a reply that changes protocol: there the connection's own headers are the message. */
export function switchHeaders(rawHeaders: readonly string[]): Record<string, string[]> {
  return gather(pairsOf(rawHeaders), (name) => !replyDropped.has(name));
}

/** The name and port under which the client knows this server. */
export function hostOf(source: Pick<HttpExchange, 'header'>): string {
  return source.header(':authority') ?? source.header('host') ?? '';
}

function gather(pairs: HeaderPairs, keep: (name: string) => boolean): Record<string, string[]> {
  const gathered = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of pairs) {
    const key = name.toLowerCase();
    if (keep(key)) (gathered[key] ??= []).push(value);
  }
  return gathered;
}

/** The header names that a header lists. */
function named(pairs: HeaderPairs, header: string): ReadonlySet<string> {
  return new Set(pairs.filter(([name]) => name.toLowerCase() === header).flatMap(([, value]) => value.split(',').map((item) => item.trim().toLowerCase())));
}

function withoutBearerProtocol(headers: Record<string, string[]>): void {
  const offered = headers['sec-websocket-protocol'];
  if (offered === undefined) return;
  const protocols = offered.flatMap((value) => value.split(',').map((item) => item.trim())).filter((item) => item !== '' && !item.startsWith(bearerProtocol));
  if (protocols.length === 0) delete headers['sec-websocket-protocol'];
  else headers['sec-websocket-protocol'] = [protocols.join(', ')];
}

function pairsOf(rawHeaders: readonly string[]): HeaderPairs {
  const pairs: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) pairs.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '']);
  return pairs;
}
