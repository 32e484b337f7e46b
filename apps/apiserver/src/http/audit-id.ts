import { randomUuid, type Random } from '@rhythm/base';

/** An id that a client may choose: what fits into a header and a line of a log. */
const allowed = /^[\w.:-]{1,64}$/;

/** Under which a request is found in the audit log: the client's `Audit-ID`, else one of our own. The reply says it, too. */
export function auditIdOf(given: string | undefined, random: Random): string {
  return chosenAuditId(given) ?? randomUuid(random);
}

/** The client's own, where it may be one. */
export function chosenAuditId(given: string | undefined): string | undefined {
  return given !== undefined && allowed.test(given) ? given : undefined;
}
