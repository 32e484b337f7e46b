import type { CertificateSigningRequest } from '@rhythm/api/types/certificates-v1';
import type { AdmissionStep } from '../ports/types.ts';

/** Writes into a signing request who asked: whoever decides on it, and the signer, believe these fields. */
export const certificateRequestor: AdmissionStep = {
  name: 'CertificateRequestor',
  resources: ['certificates.k8s.io/certificatesigningrequests'],
  admit({ attributes, operation, object }) {
    if (operation !== 'CREATE' || object === undefined || attributes.group !== 'certificates.k8s.io' || attributes.resource !== 'certificatesigningrequests') return;
    const { spec } = object as CertificateSigningRequest;
    const { name, uid, groups, extra } = attributes.user;
    spec.username = name;
    spec.groups = [...groups];
    if (uid === undefined) delete spec.uid;
    else spec.uid = uid;
    if (extra === undefined) delete spec.extra;
    else spec.extra = Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]));
  },
};
