import type { SigningRequest } from '@rhythm/pki';

/** The signers that the cluster itself runs. */
export const kubeletClientSigner = 'kubernetes.io/kube-apiserver-client-kubelet';
export const kubeletServingSigner = 'kubernetes.io/kubelet-serving';
export const apiClientSigner = 'kubernetes.io/kube-apiserver-client';
export const legacySigner = 'kubernetes.io/legacy-unknown';
export const clusterSigners = [apiClientSigner, kubeletClientSigner, kubeletServingSigner, legacySigner] as const;

export const nodesOrganization = 'system:nodes';
export const nodeNamePrefix = 'system:node:';
const mastersOrganization = 'system:masters';

/** Why a signer does not sign a request; undefined when it does (the signers' documented constraints). */
export function whyNotSigned(signerName: string, request: SigningRequest, usages: readonly string[]): string | undefined {
  if (request.organizations.includes(mastersOrganization)) return `the group ${mastersOrganization} is not given by a signing request`;
  switch (signerName) {
    case apiClientSigner:
      return onlyUsages(usages, ['digital signature', 'key encipherment', 'client auth'], 'client auth');
    case kubeletClientSigner:
      return whyNotNode(request) ?? noNames(request) ?? exactUsages(usages, 'client auth');
    case kubeletServingSigner:
      return whyNotNode(request) ?? servingNames(request) ?? exactUsages(usages, 'server auth');
    case legacySigner:
      return undefined;
    default:
      return `${signerName} is not a signer of this cluster`;
  }
}

function whyNotNode(request: SigningRequest): string | undefined {
  if (request.organizations.length !== 1 || request.organizations[0] !== nodesOrganization) return `subject organization is not ${nodesOrganization}`;
  if (!request.commonName.startsWith(nodeNamePrefix) || request.commonName === nodeNamePrefix) return `subject common name does not begin with ${nodeNamePrefix}`;
  return undefined;
}

function noNames(request: SigningRequest): string | undefined {
  if (request.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed';
  if (request.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed';
  return noMailOrUri(request);
}

function servingNames(request: SigningRequest): string | undefined {
  if (request.dnsNames.length + request.ipAddresses.length === 0) return 'DNS or IP subjectAltName is required';
  return noMailOrUri(request);
}

function noMailOrUri(request: SigningRequest): string | undefined {
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  return request.uris.length > 0 ? 'URI subjectAltNames are not allowed' : undefined;
}

/** `needed` and digital signature, key encipherment or not (keys that are not RSA need none). */
function exactUsages(usages: readonly string[], needed: string): string | undefined {
  return onlyUsages(usages, ['digital signature', 'key encipherment', needed], needed, 'digital signature');
}

function onlyUsages(usages: readonly string[], allowed: readonly string[], ...needed: readonly string[]): string | undefined {
  for (const usage of usages) if (!allowed.includes(usage)) return `usage ${JSON.stringify(usage)} is not allowed, only ${allowed.join(', ')}`;
  for (const usage of needed) if (!usages.includes(usage)) return `usage ${JSON.stringify(usage)} is required`;
  return undefined;
}
