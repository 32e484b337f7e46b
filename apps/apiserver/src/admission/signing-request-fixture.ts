import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** For tests: a signing request in PEM, made with a new key as users make it. */
export async function signingRequest(subject: string): Promise<string> {
  const { stdout } = await promisify(execFile)('openssl', ['req', '-new', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-keyout', '/dev/null', '-subj', subject]);
  return stdout;
}
