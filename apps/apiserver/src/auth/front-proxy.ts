import { X509Certificate } from 'node:crypto';
import type { Caller, UserInfo } from '../ports/types.ts';

/** A proxy that has authenticated its callers, and says in headers who they are (Kubernetes' `--requestheader-*` flags). */
export interface FrontProxyConfig {
  /** PEM of the authority that signs such proxies' certificates; one of its own, never that of users. */
  readonly ca: string;
  /** Common names of the proxies; none: any that the authority signed. */
  readonly allowedNames: readonly string[];
  readonly usernameHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
}

export const frontProxyHeadersByDefault = { usernameHeaders: ['X-Remote-User'], uidHeaders: ['X-Remote-Uid'], groupHeaders: ['X-Remote-Group'], extraHeaderPrefixes: ['X-Remote-Extra-'] } as const;

const headersMax = 256;
const pemBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

export class FrontProxy {
  readonly #config: FrontProxyConfig;
  #roots: ReadonlySet<string>;

  /** @throws Error when the authority signs users as well: then every user could say that he is another. */
  constructor(config: FrontProxyConfig, clientCa: string) {
    this.#config = config;
    this.#roots = rootsOf(config.ca, clientCa);
  }

  /** Other authorities, of proxies and of users. @throws as the constructor; then nothing changes. */
  setAuthorities(ca: string, clientCa: string): void {
    this.#roots = rootsOf(ca, clientCa);
  }

  /** Whether the certificate is a proxy's. Such a one names nobody by itself; nor does one whose authority is not clear. */
  isProxy(certificate: Caller['certificate']): boolean {
    return certificate?.root !== undefined && (certificate.root === '' || this.#roots.has(certificate.root));
  }

  /** The user that a proxy speaks for; `undefined` when it names none, or may not. Its caller is checked with `isProxy`. */
  userOf(caller: Caller): UserInfo | undefined {
    const { certificate } = caller;
    const { allowedNames, usernameHeaders, uidHeaders, groupHeaders } = this.#config;
    if (certificate === undefined || certificate.root === '' || !this.isProxy(certificate)) return undefined;
    if (allowedNames.length > 0 && !allowedNames.includes(certificate.commonName)) return undefined;
    const name = first(caller, usernameHeaders);
    if (name === undefined) return undefined;
    const uid = first(caller, uidHeaders);
    const extra = this.#extra(caller);
    return { name, ...(uid === undefined ? {} : { uid }), groups: groupHeaders.flatMap((header) => values(caller, header)), ...(extra.size === 0 ? {} : { extra: Object.fromEntries(extra) }) };
  }

  #extra(caller: Caller): Map<string, string[]> {
    const extra = new Map<string, string[]>();
    for (const prefix of this.#config.extraHeaderPrefixes) {
      for (const [header, value] of caller.headersWith(prefix.toLowerCase()).slice(0, headersMax)) {
        const key = decoded(header.slice(prefix.length));
        if (key === '' || key === '__proto__') continue;
        extra.set(key, [...(extra.get(key) ?? []), value]);
      }
    }
    return extra;
  }
}

function values(caller: Caller, header: string): string[] {
  const wanted = header.toLowerCase();
  return caller.headersWith(wanted).filter(([name, value]) => name === wanted && value !== '').map(([, value]) => value).slice(0, headersMax);
}

function first(caller: Caller, headers: readonly string[]): string | undefined {
  for (const header of headers) {
    const [value] = values(caller, header);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Keys may hold characters that headers cannot: they come percent-encoded. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key).toLowerCase();
  } catch {
    return key.toLowerCase();
  }
}

function rootsOf(ca: string, clientCa: string): ReadonlySet<string> {
  const roots = fingerprints(ca);
  if (roots.size === 0) throw new Error('--requestheader-client-ca-file has no certificate');
  for (const root of fingerprints(clientCa)) if (roots.has(root)) throw new Error('--requestheader-client-ca-file must not be the authority of client certificates');
  return roots;
}

function fingerprints(pem: string): ReadonlySet<string> {
  return new Set([...pem.matchAll(pemBlock)].map(([block]) => new X509Certificate(block).fingerprint256));
}
