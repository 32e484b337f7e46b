import { toError } from '@rhythm/base';
import { AuditPolicy, Auditor } from '../audit/index.ts';
import type { ApiserverConfig, ApiserverPorts } from '../config.ts';

/** A line that cannot be written is said in the log, and stops nothing. */
export function auditOf({ auditPolicy }: ApiserverConfig, { clock, random, log, writeAudit }: ApiserverPorts): { readonly audit?: Auditor } {
  if (auditPolicy === undefined || writeAudit === undefined) return {};
  const write = (line: string): void => {
    try {
      writeAudit(line);
    } catch (error) {
      log.error('the audit log cannot be written', { error: toError(error) });
    }
  };
  return { audit: new Auditor({ policy: AuditPolicy.parse(auditPolicy), clock, random, write }) };
}
