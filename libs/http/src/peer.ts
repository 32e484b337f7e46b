import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

/** The subject of a client certificate that our CA signed. */
export interface PeerIdentity {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** SHA-256 fingerprint of the authority at the end of its chain; '' when that is not known. */
  readonly root: string;
}

const identities = new WeakMap<object, { readonly identity: PeerIdentity | undefined }>();

/**
 * Who is at the other end of a connection; `undefined` without a certificate or when TLS did not verify it.
 * Read once per connection. A certificate with several common names has no identity.
 */
export function peerIdentity(socket: TLSSocket): PeerIdentity | undefined {
  const known = identities.get(socket);
  if (known !== undefined) return known.identity;
  const identity = read(socket);
  identities.set(socket, { identity });
  return identity;
}

function read(socket: TLSSocket): PeerIdentity | undefined {
  if (socket.encrypted !== true || !socket.authorized) return undefined;
  const subject = socket.getPeerCertificate(false).subject as { CN?: string | string[]; O?: string | string[] } | undefined;
  if (subject === undefined || typeof subject.CN !== 'string' || subject.CN === '') return undefined;
  const organizations = subject.O === undefined ? [] : Array.isArray(subject.O) ? subject.O : [subject.O];
  return { commonName: subject.CN, organizations, root: rootOf(socket.getPeerCertificate(true)) };
}

/** TLS has verified the chain; no real one is longer. */
const chainLengthMax = 8;

function rootOf(leaf: DetailedPeerCertificate): string {
  let certificate: DetailedPeerCertificate | undefined = leaf;
  for (let depth = 0; depth < chainLengthMax && certificate !== undefined; depth++) {
    const issuer: DetailedPeerCertificate | undefined = certificate.issuerCertificate;
    if (issuer !== undefined && (issuer === certificate || issuer.fingerprint256 === certificate.fingerprint256)) return certificate.fingerprint256;
    certificate = issuer;
  }
  return '';
}
