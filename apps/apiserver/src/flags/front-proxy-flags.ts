import type { Flags } from '@rhythm/config';
import { frontProxyHeadersByDefault, type FrontProxyConfig } from '../auth/index.ts';
import { readNamed } from './read-named.ts';

/** Proxies that speak for their callers, under the names that `kube-apiserver` has for them. */
export const frontProxyFlags = {
  'requestheader-client-ca-file': { type: 'string', help: 'CA of proxies that say in headers for whom they speak; never the CA of users' },
  'requestheader-allowed-names': { type: 'list', help: 'common names of those proxies; any when not given' },
  'requestheader-username-headers': { type: 'list', help: 'headers with the user; X-Remote-User when not given' },
  'requestheader-uid-headers': { type: 'list', help: 'headers with its uid; X-Remote-Uid when not given' },
  'requestheader-group-headers': { type: 'list', help: 'headers with its groups; X-Remote-Group when not given' },
  'requestheader-extra-headers-prefix': { type: 'list', help: 'how headers with more about it begin; X-Remote-Extra- when not given' },
} as const;

/** @throws FlagError */
export function frontProxyOf(flags: Flags<typeof frontProxyFlags>): { readonly frontProxy?: FrontProxyConfig } {
  const caFile = flags['requestheader-client-ca-file'];
  if (caFile === undefined) return {};
  const or = (given: readonly string[] | undefined, byDefault: readonly string[]): readonly string[] => (given === undefined || given.length === 0 ? byDefault : given);
  return {
    frontProxy: {
      ca: readNamed('requestheader-client-ca-file', caFile),
      allowedNames: flags['requestheader-allowed-names'] ?? [],
      usernameHeaders: or(flags['requestheader-username-headers'], frontProxyHeadersByDefault.usernameHeaders),
      uidHeaders: or(flags['requestheader-uid-headers'], frontProxyHeadersByDefault.uidHeaders),
      groupHeaders: or(flags['requestheader-group-headers'], frontProxyHeadersByDefault.groupHeaders),
      extraHeaderPrefixes: or(flags['requestheader-extra-headers-prefix'], frontProxyHeadersByDefault.extraHeaderPrefixes),
    },
  };
}
