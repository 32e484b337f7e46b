import type { CertificateSigningRequest } from '../../gen/types/certificates-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, forbidden, invalidValue, notSupported, required, tooLong } from '../../validation/field-error.ts';
import { byteLength, checkDns1123Subdomain } from '../../validation/names.ts';
import { each, oneOf, requiredChecked } from '../../validation/values.ts';

const lifetimeMinSeconds = 600;
const signerLengthMax = 571;
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
  errors.push(...validateSignerName(signerName));
  if (usages.length === 0) errors.push(required('spec.usages', 'usages required'));
  usages.forEach((usage, i) => {
    if (!knownUsages.includes(usage)) errors.push(notSupported(at('spec.usages', i), usage, knownUsages));
    if (usages.indexOf(usage) < i) errors.push(duplicate(at('spec.usages', i), usage));
  });
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < lifetimeMinSeconds) {
    errors.push(invalidValue('spec.expirationSeconds', spec.expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)'));
  }
  errors.push(...validateConditions(status?.conditions));
  const has = (type: string): boolean => (status?.conditions ?? []).some((c) => c.type === type);
  if (has('Approved') && has('Denied')) errors.push(invalidValue('status.conditions', 'Approved', 'Approved and Denied conditions are mutually exclusive'));
  return errors;
}

/** `example.com/name`: a domain of two labels at least, and a path of a name. */
function validateSignerName(name: string): FieldError[] {
  const field = 'spec.signerName';
  if (name === '') return [required(field)];
  const [domain = '', ...rest] = name.split('/');
  const path = rest.join('/');
  if (rest.length !== 1 || path === '' || domain === '') return [invalidValue(field, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  if (byteLength(name) > signerLengthMax) return [tooLong(field, signerLengthMax)];
  if (name === 'kubernetes.io/legacy-unknown') return [invalidValue(field, name, 'the legacy signerName is not allowed via this API version')];
  const errors = checkDns1123Subdomain(domain).map((e) => invalidValue(field, name, e));
  if (!domain.includes('.')) errors.push(invalidValue(field, name, 'should be a domain with at least two segments separated by dots'));
  return [...errors, ...checkDns1123Subdomain(path).map((e) => invalidValue(field, name, `validating signer name path: ${e}`))];
}

/** What a signer may not report: conditions that say nothing, and a certificate other than the one that was issued. */
export function validateRequestStatus(object: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  const certificate = object.status?.certificate ?? '';
  const wrong = certificate === '' || certificate === old.status?.certificate ? undefined : wrongCertificate(decoded(certificate));
  const errors = [...validateConditions(object.status?.conditions), ...validateRequestUpdate(object, old)];
  return wrong === undefined ? errors : [...errors, invalidValue('status.certificate', '<certificate data>', wrong)];
}

/** Certificates in PEM and nothing else. */
function wrongCertificate(pem: string): string | undefined {
  const blocks = [...pem.matchAll(/-----BEGIN ([^-\n]*)-----\r?\n([^-]*)-----END \1-----/g)];
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block';
  const other = blocks.find(([, type]) => type !== 'CERTIFICATE')?.[1];
  if (other !== undefined) return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(other)}`;
  return blocks.some(([, , body = '']) => body.includes(':')) ? 'no PEM block headers are permitted' : undefined;
}

/** Decisions hold, whatever else is known of a request; each is there once. */
function validateConditions(conditions: NonNullable<CertificateSigningRequest['status']>['conditions']): FieldError[] {
  const seen = new Set<string>();
  return each(conditions, 'status.conditions', ({ type, status }, here) => {
    const errors = requiredChecked(type, child(here, 'type'));
    const decisive = type === 'Approved' || type === 'Denied' || type === 'Failed';
    errors.push(...oneOf(status, child(here, 'status'), decisive ? ['True'] : ['True', 'False', 'Unknown'], 'required'));
    if ((type ?? '') !== '' && seen.has(type)) errors.push(duplicate(child(here, 'type'), type));
    seen.add(type);
    return errors;
  });
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
