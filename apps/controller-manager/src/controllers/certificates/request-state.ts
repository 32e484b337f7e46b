import type { CertificateSigningRequest } from '@rhythm/api/types/certificates-v1';

/** Where a request stands: `conditionOf` by type, and what follows from them. */
export function conditionOf(request: CertificateSigningRequest, type: 'Approved' | 'Denied' | 'Failed'): NonNullable<NonNullable<CertificateSigningRequest['status']>['conditions']>[number] | undefined {
  return request.status?.conditions?.find((condition) => condition.type === type);
}

export function isIssued(request: CertificateSigningRequest): boolean {
  return (request.status?.certificate ?? '') !== '';
}

export function isDecided(request: CertificateSigningRequest): boolean {
  return conditionOf(request, 'Approved') !== undefined || conditionOf(request, 'Denied') !== undefined;
}

/** The PEM inside a request's base64. */
export function pemOf(request: CertificateSigningRequest): string {
  return Buffer.from(request.spec.request, 'base64').toString('latin1');
}
