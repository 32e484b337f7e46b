import type { CertificateSigningRequest } from '../../gen/types/certificates-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind, subresource } from '../define-kind.ts';
import { humanDuration } from '../human-duration.ts';
import { checkPathSegment } from '../../validation/names.ts';
import { validateRequest, validateRequestStatus, validateRequestUpdate } from './validation.ts';

export const certificateSigningRequest = defineKind<CertificateSigningRequest>({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  shortNames: ['csr'],
  namespaced: false,
  subresources: [
    subresource('approval', 'CertificateSigningRequest', { group: 'certificates.k8s.io', version: 'v1' }),
  ],
  status: true,
  storageVersionHash: '95fRKMXA+00=',
  prepareForUpdate(object, old) {
    object.spec = structuredClone(old.spec);
  },
  selectableFields: (object) => ({ 'spec.signerName': object.spec?.signerName ?? '' }),
  checkName: checkPathSegment,
  prepareForStatusUpdate(object, old) {
    // The decision goes through its own subresource.
    const decided = new Map((old.status?.conditions ?? []).filter(isDecision).map((condition) => [condition.type, condition]));
    const given = (object.status.conditions ?? []).flatMap((condition) => (isDecision(condition) ? (decided.get(condition.type) ?? []) : condition));
    const left = [...decided.values()].filter((condition) => !given.includes(condition));
    object.status.conditions = [...left, ...given];
  },
  validate: validateRequest,
  validateUpdate: validateRequestUpdate,
  validateStatusUpdate: validateRequestStatus,
  columns: [nameColumn, ageColumn, column('SignerName'), column('Requestor'), column('RequestedDuration'), column('Condition')],
  cells: (object, now) => [object.metadata.name ?? '', age(object, now), object.spec.signerName ?? '<none>', object.spec.username ?? '', requestedDuration(object), requestState(object)],
});

function requestedDuration(object: CertificateSigningRequest): string {
  const seconds = object.spec.expirationSeconds;
  return seconds === undefined ? '<none>' : humanDuration(seconds * 1000);
}

function requestState(object: CertificateSigningRequest): string {
  const has = (type: string): boolean => (object.status?.conditions ?? []).some((c) => c.type === type);
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  const issued = (object.status?.certificate ?? '') !== '';
  return `${decision}${has('Failed') ? ',Failed' : ''}${issued ? ',Issued' : ''}`;
}

function isDecision(condition: { readonly type: string }): boolean {
  return condition.type === 'Approved' || condition.type === 'Denied';
}
