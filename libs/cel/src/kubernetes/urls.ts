import { overloads, readCost, type Overload } from '../check/overload.ts';
import { EvaluationError } from '../run/error.ts';
import { OpaqueValue, type MapKey, type Value } from '../run/value.ts';

/** An absolute URI or an absolute path, as Go's `url.ParseRequestURI` takes it. */
class UrlValue extends OpaqueValue {
  readonly typeName = 'kubernetes.URL';
  readonly url: URL;
  readonly isPath: boolean;

  constructor(url: URL, isPath: boolean) {
    super();
    this.url = url;
    this.isPath = isPath;
  }

  equals(other: OpaqueValue): boolean {
    return other instanceof UrlValue && other.isPath === this.isPath && other.url.href === this.url.href;
  }
}

const part = (pick: (url: URL) => string) => (value: UrlValue): string => (value.isPath ? '' : pick(value.url));

/** Kubernetes' URL library. */
export const urls: readonly Overload[] = overloads([
  ['url(string): kubernetes.URL', parsed, readCost],
  ['isURL(string): bool', (text: string) => parse(text) !== undefined, readCost],
  ['(kubernetes.URL).getScheme(): string', part((url) => url.protocol.slice(0, -1))],
  ['(kubernetes.URL).getHost(): string', part(({ host }) => host)],
  ['(kubernetes.URL).getHostname(): string', part(({ hostname }) => hostname.replace(/^\[|\]$/g, ''))],
  ['(kubernetes.URL).getPort(): string', part(({ port }) => port)],
  ['(kubernetes.URL).getEscapedPath(): string', (value: UrlValue) => value.url.pathname],
  ['(kubernetes.URL).getQuery(): map<string, list<string>>', (value: UrlValue) => queryOf(value.url)],
]);

function parsed(text: string): Value {
  const value = parse(text);
  if (value === undefined) throw new EvaluationError(`URL parse error during conversion from string: parse ${JSON.stringify(text.slice(0, 256))}: invalid URI for request`);
  return value;
}

function parse(text: string): UrlValue | undefined {
  if (/[\s\p{Cc}]/u.test(text)) return undefined;
  if (text.startsWith('/')) return URL.canParse(text, 'http://path') ? new UrlValue(new URL(text.replace(/^\/{2,}/, '/'), 'http://path'), true) : undefined;
  // A host stands behind two slashes; JavaScript would also take one or none for well-known schemes.
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:(?:\/\/|(?!\/)[^/])/.test(text) || !URL.canParse(text)) return undefined;
  return new UrlValue(withPort(text), false);
}

/** JavaScript drops the default port of a scheme; Go keeps what was written. */
function withPort(text: string): URL {
  const port = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/.exec(text)?.[1];
  const url = new URL(text);
  if (port === undefined || url.port !== '') return url;
  return new Proxy(url, { get: (target, key) => (key === 'port' ? port : key === 'host' ? `${target.hostname}:${port}` : Reflect.get(target, key)) });
}

function queryOf(url: URL): ReadonlyMap<MapKey, Value> {
  const query = new Map<MapKey, Value[]>();
  for (const [key, value] of url.searchParams) query.set(key, [...(query.get(key) ?? []), value]);
  return query;
}
