import { checkDns1123Subdomain } from '../../validation/names.ts';

/** What is wrong with the name of a ClusterTrustBundle: a subdomain, after the name of its signer and a colon when it has one. */
export function checkTrustBundleName(name: string): string[] {
  const colon = name.lastIndexOf(':');
  if (colon < 0) return checkDns1123Subdomain(name);
  if (colon === 0) return ['ClusterTrustBundle without signer name must not have ":" in its name'];
  const signer = name.slice(0, colon).replaceAll(':', '/');
  const prefix = `${signer.replaceAll('/', ':')}:`;
  return checkDns1123Subdomain(name.slice(prefix.length));
}
