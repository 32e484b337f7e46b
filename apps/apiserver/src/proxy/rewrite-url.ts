/** Where a proxied page lives, seen from the client and from the backend. */
export interface ProxyPlace {
  /** `host:port` of this server as the client names it; '' when it does not say. */
  readonly host: string;
  /** The path of the proxy subresource, without a slash at its end. */
  readonly prefix: string;
  /** `host:port` of the backend. */
  readonly backend: string;
  readonly backendScheme: 'http' | 'https';
}

/**
 * A link of the backend's so that it leads through this server: absolute paths and the backend's own addresses get the
 * proxy's prefix; relative links, other hosts and what is no link of the web stay as they are.
 */
export function rewriteUrl(link: string, place: ProxyPlace): string {
  const text = link.trim();
  if (text.startsWith('//') || /^[a-z][a-z0-9+.-]*:/i.test(text)) return rewriteAbsolute(text, link, place);
  if (!text.startsWith('/') || isBelow(text, place.prefix)) return link;
  return place.prefix + text;
}

function rewriteAbsolute(text: string, link: string, place: ProxyPlace): string {
  let url: URL;
  try {
    url = new URL(text, `${place.backendScheme}://${place.backend}`);
  } catch {
    return link;
  }
  const ours = url.host === place.host;
  if ((url.protocol !== 'http:' && url.protocol !== 'https:') || !(ours || hostWithPort(url) === place.backend)) return link;
  const path = url.pathname + url.search + url.hash;
  const through = isBelow(path, place.prefix) ? path : place.prefix + path;
  return place.host === '' ? through : `https://${place.host}${through}`;
}

function isBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && ['/', '?', '#', undefined].includes(path[prefix.length]);
}

function hostWithPort(url: URL): string {
  return url.port !== '' ? url.host : `${url.host}:${url.protocol === 'https:' ? 443 : 80}`;
}
