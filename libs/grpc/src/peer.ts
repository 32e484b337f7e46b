import type { AuthContextCall } from './types.ts';

/** The subject of a verified client certificate: Kubernetes' user name and groups. */
export interface PeerIdentity {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/**
 * Who is at the other end, by its TLS client certificate. `undefined` when there is none, when our CA did not
 * sign it, or when it names no or several common names: an unclear subject is nobody.
 */
export function peerIdentity(call: AuthContextCall): PeerIdentity | undefined {
  // grpc-js fills the context only when TLS verified the certificate ("authorized").
  const certificate = call.getAuthContext().sslPeerCertificate;
  if (certificate === undefined) return undefined;
  const subject = certificate.subject as Readonly<Record<string, string | readonly string[] | undefined>> | undefined;
  const names = valuesOf(subject?.['CN']);
  const [commonName] = names;
  if (names.length !== 1 || commonName === undefined || commonName === '') return undefined;
  return { commonName, organizations: valuesOf(subject?.['O']) };
}

/** Node gives one value as a string and several as an array. */
function valuesOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
