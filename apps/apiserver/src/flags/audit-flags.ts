import { FlagError, type Flags } from '@rhythm/config';
import { LogFile } from '../audit/index.ts';
import { readNamed } from './read-named.ts';

/** What is written down of requests, and where. */
export const auditFlags = {
  'audit-policy-file': { type: 'string', help: 'policy (audit.k8s.io/v1) of what is written down of requests; nothing without it' },
  'audit-log-path': { type: 'string', help: 'file for it; needed with a policy' },
  'audit-log-maxsize': { type: 'number', help: 'megabytes at which the file is set aside', default: 100 },
  'audit-log-maxbackup': { type: 'number', help: 'files set aside that are kept', default: 10 },
} as const;

/** The policy's text. @throws FlagError */
export function auditPolicyOf(flags: Flags<typeof auditFlags>): { readonly auditPolicy?: string } {
  const path = flags['audit-policy-file'];
  return path === undefined ? {} : { auditPolicy: readNamed('audit-policy-file', path) };
}

/** @throws FlagError */
export function auditFileOf(flags: Flags<typeof auditFlags>): LogFile | undefined {
  const [policy, path] = [flags['audit-policy-file'], flags['audit-log-path']];
  if ((policy === undefined) !== (path === undefined)) throw new FlagError('--audit-policy-file and --audit-log-path go together');
  return path === undefined ? undefined : new LogFile(path, flags['audit-log-maxsize'] * 1024 * 1024, flags['audit-log-maxbackup']);
}
