import type { CertificateSigningRequest } from '../../gen/types/certificates-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, duplicate, forbidden, invalidValue, notSupported, required } from '../../validation/field-error.ts';

const lifetimeMinSeconds = 600;
const knownUsages = [
  'any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment', 'decipher only', 'digital signature', 'email protection', 'encipher only',
  'ipsec end system', 'ipsec tunnel', 'ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime', 'server auth', 'signing', 'timestamping',
];
const pemHead = '-----BEGIN CERTIFICATE REQUEST-----';

/** A request names who is to sign it, for what use, and holds a PKCS#10 request in PEM. */
export function validateRequest({ spec, status }: CertificateSigningRequest): FieldError[] {
  const errors: FieldError[] = [];
  if ((spec.request ?? '') === '') errors.push(required('spec.request'));
  else if (!decoded(spec.request).includes(pemHead)) errors.push(invalidValue('spec.request', '<request redacted>', 'PEM block type must be CERTIFICATE REQUEST'));
  const { signerName = '', usages = [] } = spec as { signerName?: string; usages?: string[] };
  const [domain = '', path = ''] = signerName.split('/', 2);
  if (signerName === '') errors.push(required('spec.signerName'));
  else if (path === '' || !domain.includes('.')) {
    errors.push(invalidValue('spec.signerName', signerName, "must be a fully qualified domain and path of the form 'example.com/signer-name'"));
  }
  if (usages.length === 0) errors.push(required('spec.usages', 'usages required'));
  usages.forEach((usage, i) => {
    if (!knownUsages.includes(usage)) errors.push(notSupported(at('spec.usages', i), usage, knownUsages));
    if (usages.indexOf(usage) < i) errors.push(duplicate(at('spec.usages', i), usage));
  });
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < lifetimeMinSeconds) {
    errors.push(invalidValue('spec.expirationSeconds', spec.expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)'));
  }
  const has = (type: string): boolean => (status?.conditions ?? []).some((c) => c.type === type);
  if (has('Approved') && has('Denied')) errors.push(invalidValue('status.conditions', 'Approved', 'Approved and Denied conditions are mutually exclusive'));
  return errors;
}

/** A decision is not taken back, and a certificate is issued once. */
export function validateRequestUpdate({ status }: CertificateSigningRequest, { status: old }: CertificateSigningRequest): FieldError[] {
  const errors = ['Approved', 'Denied', 'Failed']
    .filter((type) => (old?.conditions ?? []).some((c) => c.type === type) && !(status?.conditions ?? []).some((c) => c.type === type))
    .map((type) => forbidden('status.conditions', `updates may not remove a condition of type "${type}"`));
  const issued = old?.certificate ?? '';
  if (issued !== '' && status?.certificate !== issued) errors.push(forbidden('status.certificate', 'updates may not modify a set certificate'));
  return errors;
}

function decoded(base64: string): string {
  try {
    return atob(base64);
  } catch {
    return '';
  }
}
