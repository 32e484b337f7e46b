import type { Caller, UserInfo } from '../ports/types.ts';

/**
 * The user that a verified client certificate names: common name and organizations (X.509 authentication of Kubernetes).
 * A certificate without a common name names nobody. TLS has verified it against the client CA before it gets here.
 */
export function userOfCertificate(certificate: Caller['certificate']): UserInfo | undefined {
  if (certificate === undefined || certificate.commonName === '') return undefined;
  return { name: certificate.commonName, groups: [...certificate.organizations] };
}
