import { constants, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';

/** A certificate for those who ask for one of some names; for those that it bears when none are given. `*.example.com` stands for one label. */
export interface NamedCertificate {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  readonly names: readonly string[];
}

type SecureVersion = 'TLSv1.2' | 'TLSv1.3';

interface Served {
  readonly names: readonly string[];
  readonly context: SecureContext;
}

/** Chooses a certificate by the name that a client asks for (RFC 6066, 3). The first that fits exactly, then the first by wildcard. */
export class NamedContexts {
  #served: readonly Served[] = [];
  readonly #minVersion: SecureVersion;

  constructor(tls: { readonly clientCa: string | Buffer; readonly named?: readonly NamedCertificate[] }, minVersion: SecureVersion = 'TLSv1.2') {
    this.#minVersion = minVersion;
    this.set(tls);
  }

  /** @throws when a key and its certificate do not belong together; then nothing changes. */
  set({ clientCa, named = [] }: { readonly clientCa: string | Buffer; readonly named?: readonly NamedCertificate[] }): void {
    this.#served = named.map(({ cert, key, names }) => ({
      names: (names.length > 0 ? names : namesOf(cert)).map((name) => name.toLowerCase()),
      context: createSecureContext({ cert, key, ca: clientCa, minVersion: this.#minVersion, secureOptions: constants.SSL_OP_NO_TICKET }),
    }));
  }

  /** `undefined`: the server's own certificate. */
  find(asked: string): SecureContext | undefined {
    const name = asked.toLowerCase();
    const wildcard = `*${name.slice(name.indexOf('.'))}`;
    return (this.#served.find(({ names }) => names.includes(name)) ?? (name.includes('.') ? this.#served.find(({ names }) => names.includes(wildcard)) : undefined))?.context;
  }
}

function namesOf(cert: string | Buffer): string[] {
  const { subjectAltName = '' } = new X509Certificate(cert);
  return subjectAltName.split(', ').flatMap((entry) => (entry.startsWith('DNS:') ? [entry.slice('DNS:'.length)] : []));
}
