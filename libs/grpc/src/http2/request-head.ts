import type { Headers } from './hpack.ts';

/** What the headers of a call say about it. */
export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  readonly encoding: string;
  /** As it was sent: `grpc-timeout`. */
  readonly timeout: string | undefined;
}

const namePattern = /^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/;
// eslint-disable-next-line no-control-regex
const forbiddenInValue = /[\0\r\n]/;
/** Headers of HTTP/1.1's connections, which have no meaning here (RFC 9113, 8.2.2). */
const ofConnections = new Set(['connection', 'proxy-connection', 'keep-alive', 'transfer-encoding', 'upgrade']);
const pseudo = [':method', ':scheme', ':path', ':authority'] as const;

/** Undefined for a malformed request (RFC 9113, 8.2 and 8.3). */
export function requestHead(headers: Headers): RequestHead | undefined {
  const own = new Map<string, string>();
  let contentType = '';
  let encoding = 'identity';
  let timeout: string | undefined;
  let isPseudoOver = false;
  for (const [name, value] of headers) {
    if (name.startsWith(':')) {
      if (isPseudoOver || own.has(name) || !pseudo.includes(name as (typeof pseudo)[number]) || forbiddenInValue.test(value)) return undefined;
      own.set(name, value);
      continue;
    }
    isPseudoOver = true;
    if (!isRegular(name, value)) return undefined;
    if (name === 'content-type') contentType = value;
    else if (name === 'grpc-encoding') encoding = value;
    else if (name === 'grpc-timeout') timeout = value;
  }
  const [method, scheme, path] = [own.get(':method'), own.get(':scheme'), own.get(':path')];
  if (method === undefined || scheme === undefined || path === undefined || path === '') return undefined;
  return { method, path, contentType, encoding, timeout };
}

/** Headers after the data: none that belong to the request itself. */
export function areTrailers(headers: Headers): boolean {
  return headers.every(([name, value]) => !name.startsWith(':') && isRegular(name, value));
}

function isRegular(name: string, value: string): boolean {
  return namePattern.test(name) && !forbiddenInValue.test(value) && !ofConnections.has(name) && (name !== 'te' || value === 'trailers');
}

/** `application/grpc`, also with a format or parameters; not `application/grpc-web`, which is another protocol. */
export function isGrpc(contentType: string): boolean {
  return /^application\/grpc(?:$|[+;])/i.test(contentType);
}

const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000_001 };

/** The time of `grpc-timeout` in whole milliseconds, at least what was asked for; undefined when it is none. */
export function timeoutMs(text: string): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(text);
  return match === null ? undefined : Math.ceil(Number(match[1]) * (unitMs[match[2] ?? ''] ?? 0));
}
