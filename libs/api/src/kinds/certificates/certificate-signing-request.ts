import type { CertificateSigningRequest } from '../../gen/types/certificates-v1.ts';
import { defineKind, subresource } from '../define-kind.ts';

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
});
