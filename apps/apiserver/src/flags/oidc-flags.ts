import { FlagError, type Flags } from '@rhythm/config';
import type { OidcConfig } from '../auth/index.ts';
import { readNamed } from './read-named.ts';

/** One issuer of identity tokens, under the names that `kube-apiserver` has for it. */
export const oidcFlags = {
  'oidc-issuer-url': { type: 'string', help: 'https address of an OpenID Connect issuer whose identity tokens are accepted' },
  'oidc-client-id': { type: 'string', help: 'the audience of those tokens', default: '' },
  'oidc-username-claim': { type: 'string', help: 'the claim that is the user', default: 'sub' },
  'oidc-username-prefix': { type: 'string', help: 'what goes before it; - for nothing; the issuer and # when not given, except for the claim email' },
  'oidc-groups-claim': { type: 'string', help: 'the claim that lists groups' },
  'oidc-groups-prefix': { type: 'string', help: 'what goes before each', default: '' },
  'oidc-required-claim': { type: 'list', help: 'KEY=VALUE that tokens must have' },
  'oidc-signing-algs': { type: 'list', help: 'accepted algorithms; RS256 when not given' },
  'oidc-ca-file': { type: 'string', help: 'CA of the issuer; the public ones when not given' },
} as const;

/** @throws FlagError */
export function oidcOf(flags: Flags<typeof oidcFlags>): { readonly oidc?: OidcConfig } {
  const issuerUrl = flags['oidc-issuer-url'];
  if (issuerUrl === undefined) return {};
  const usernamePrefix = flags['oidc-username-prefix'];
  const groupsClaim = flags['oidc-groups-claim'];
  const algorithms = flags['oidc-signing-algs'] ?? [];
  const caFile = flags['oidc-ca-file'];
  return {
    oidc: {
      issuerUrl,
      clientId: flags['oidc-client-id'],
      usernameClaim: flags['oidc-username-claim'],
      ...(usernamePrefix === undefined ? {} : { usernamePrefix }),
      ...(groupsClaim === undefined ? {} : { groupsClaim }),
      groupsPrefix: flags['oidc-groups-prefix'],
      requiredClaims: new Map((flags['oidc-required-claim'] ?? []).map(requiredClaim)),
      ...(algorithms.length === 0 ? {} : { signingAlgorithms: algorithms }),
      ...(caFile === undefined ? {} : { ca: readNamed('oidc-ca-file', caFile) }),
    },
  };
}

function requiredClaim(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new FlagError(`flag --oidc-required-claim: ${text} is not KEY=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}
