import type { Service } from '@rhythm/api/types/core-v1';
import type { AdmissionStep } from '../ports/types.ts';
import { isCore, refused } from './refuse.ts';

/** No new externalIPs: whoever may write a Service could take over traffic for any address with them (CVE-2020-8554). */
export const denyServiceExternalIPs: AdmissionStep = {
  name: 'DenyServiceExternalIPs',
  resources: ['/services'],
  validate(request) {
    if ((request.operation !== 'CREATE' && request.operation !== 'UPDATE') || !isCore(request, 'services')) return;
    const known = new Set((request.old as Service | undefined)?.spec.externalIPs ?? []);
    const added = ((request.object as Service | undefined)?.spec.externalIPs ?? []).some((ip) => !known.has(ip));
    if (added) throw refused(request, 'Use of external IPs is denied by admission control.');
  },
};
