/** The audit log (audit.k8s.io/v1): who asked what, and what came of it. Secrets and tokens are in it under no policy. */
export { Auditor, type AuditRecord } from './auditor.ts';
export { AuditPolicy } from './policy.ts';
export { LogFile } from './log-file.ts';
