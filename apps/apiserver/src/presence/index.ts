/** Several API servers on one store: each keeps itself among the endpoints of the Service `kubernetes`, and in a Lease. */
export { encryptionAnnotation } from './identity-lease.ts';
export { presenceLimits } from './limits.ts';
export { Presence } from './presence.ts';
