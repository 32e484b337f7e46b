import type { Log } from '@rhythm/base';
import { FlagError } from '@rhythm/config';

/** A server without semantics, for tests of the tests. */
export const plainFlags = {
  semantics: { type: 'string', help: 'for tests of the tests: none stores and echoes, without any rule', default: 'kubernetes' },
} as const;

/** Refused outside tests: such a server checks nothing and lets everybody with a certificate do everything. @throws FlagError */
export function permitPlain({ semantics, host }: { readonly semantics: string; readonly host: string }, log: Log): void {
  if (semantics !== 'none') throw new FlagError(`flag --semantics: ${semantics} is neither kubernetes nor none`);
  if (process.env['RHYTHM_TEST_ONLY'] !== '1') throw new FlagError('flag --semantics: none is for tests, which set RHYTHM_TEST_ONLY=1');
  if (host !== '127.0.0.1') throw new FlagError('flag --semantics: none listens on 127.0.0.1 only');
  log.warn('NO SEMANTICS: this server checks nothing, enforces nothing and is of no use but for testing tests');
}
