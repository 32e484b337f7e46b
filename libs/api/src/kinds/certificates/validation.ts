import type { CertificateSigningRequest } from '../../gen/types/certificates-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, duplicate, forbidden, invalidValue, notSupported, required } from '../../validation/field-error.ts';
import { distinct, each, oneOf } from '../../validation/values.ts';
import { checkSignerName } from '../signer-name.ts';

const lifetimeMinSeconds = 600;
const legacySigner = 'kubernetes.io/legacy-unknown';
const knownUsages = [
  'any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment', 'decipher only', 'digital signature', 'email protection', 'encipher only',
  'ipsec end system', 'ipsec tunnel', 'ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime', 'server auth', 'signing', 'timestamping',
];
const pemHead = '-----BEGIN CERTIFICATE REQUEST-----';

/** A request names who is to sign it, for what use, and holds a PKCS#10 request in PEM. What was stored with faults keeps them. */
export function validateRequest({ spec, status }: CertificateSigningRequest, old?: CertificateSigningRequest): FieldError[] {
  const { usages = [], expirationSeconds } = spec;
  const signerName = spec.signerName ?? '';
  const request = spec.request ?? '';
  const errors = decoded(request).includes(pemHead) ? [] : [invalidValue('spec.request', request, 'PEM block type must be CERTIFICATE REQUEST')];
  if (usages.length === 0) errors.push(required('spec.usages'));
  errors.push(...validateUsages(usages, old?.spec.usages ?? []));
  if (signerName === legacySigner && old?.spec.signerName !== legacySigner) errors.push(invalidValue('spec.signerName', signerName, 'the legacy signerName is not allowed via this API version'));
  else errors.push(...checkSignerName(signerName, 'spec.signerName'));
  if (expirationSeconds !== undefined && expirationSeconds < lifetimeMinSeconds) {
    errors.push(invalidValue('spec.expirationSeconds', expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)'));
  }
  const certificate = status?.certificate ?? '';
  const before = old?.status?.certificate ?? '';
  const wrong = certificate === '' || certificate === before || (before !== '' && wrongCertificate(decoded(before)) !== undefined) ? undefined : wrongCertificate(decoded(certificate));
  errors.push(...validateConditions(status?.conditions ?? [], old?.status?.conditions ?? []));
  return wrong === undefined ? errors : [...errors, invalidValue('status.certificate', '<certificate data>', wrong)];
}

/** Known uses, each once. */
function validateUsages(usages: readonly string[], old: readonly string[]): FieldError[] {
  const path = 'spec.usages';
  const knewAll = old.every((usage) => knownUsages.includes(usage));
  return [
    ...(knewAll ? each(usages, path, (usage, here) => (knownUsages.includes(usage) ? [] : [notSupported(here, usage, knownUsages)])) : []),
    ...(new Set(old).size === old.length ? distinct(usages, path, (usage) => usage) : []),
  ];
}

/** What a signer, or who decides, may not report. */
export function validateRequestStatus(object: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  return [...validateRequest(object, old), ...validateRequestUpdate(object, old)];
}

/** Certificates in PEM and nothing else. */
function wrongCertificate(pem: string): string | undefined {
  const blocks = [...pem.matchAll(/-----BEGIN ([^-\n]*)-----\r?\n([^-]*)-----END \1-----/g)];
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block';
  const other = blocks.find(([, type]) => type !== 'CERTIFICATE')?.[1];
  if (other !== undefined) return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(other)}`;
  return blocks.some(([, , body = '']) => body.includes(':')) ? 'no PEM block headers are permitted' : undefined;
}

type Conditions = NonNullable<NonNullable<CertificateSigningRequest['status']>['conditions']>;

/** Decisions hold, whatever else is known of a request, and only one is taken; each condition is there once. */
function validateConditions(conditions: Conditions, old: Conditions): FieldError[] {
  const had = (type: string): boolean => old.some((condition) => condition.type === type);
  const tolerant = { both: had('Approved') && had('Denied'), empty: had(''), repeated: new Set(old.map(({ type }) => type)).size < old.length };
  const seen = new Set<string>();
  return each(conditions, 'status.conditions', (condition, here) => {
    const type = condition.type ?? '';
    const field = child(here, 'type');
    const decisive = type === 'Approved' || type === 'Denied' || type === 'Failed';
    const errors = type === '' && !tolerant.empty ? [required(field)] : [];
    errors.push(...oneOf(condition.status, child(here, 'status'), decisive ? ['True'] : ['False', 'True', 'Unknown'], 'required'));
    const other = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined;
    if (other !== undefined && seen.has(other) && !tolerant.both) errors.push(invalidValue(field, type, 'Approved and Denied conditions are mutually exclusive'));
    if (seen.has(type) && !tolerant.repeated) errors.push(duplicate(field, type));
    seen.add(type);
    return errors;
  });
}

/** A decision is not taken back, and a certificate is issued once. */
export function validateRequestUpdate({ status }: CertificateSigningRequest, { status: old }: CertificateSigningRequest): FieldError[] {
  const count = (of: CertificateSigningRequest['status'] | undefined, type: string): number => (of?.conditions ?? []).filter((condition) => condition.type === type).length;
  const errors = ['Approved', 'Denied', 'Failed'].filter((type) => count(status, type) < count(old, type)).map((type) => forbidden('status.conditions', `updates may not remove a condition of type "${type}"`));
  const issued = old?.certificate ?? '';
  if (issued !== '' && status?.certificate !== issued) errors.push(forbidden('status.certificate', 'updates may not modify existing certificate content'));
  return errors;
}

function decoded(base64: string): string {
  try {
    return atob(base64);
  } catch {
    return '';
  }
}
