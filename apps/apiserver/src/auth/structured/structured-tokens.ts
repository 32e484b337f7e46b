import type { Clock, Live, Log } from '@rhythm/base';
import { issuerTokens, signingAlgorithmsKnown } from '../oidc/issuer-tokens.ts';
import { firstToKnow, type TokenAuthenticator } from '../tokens/authenticator.ts';
import type { AuthenticationConfiguration } from './authentication-configuration.ts';
import { userOfClaims } from './claims-user.ts';

/** Tokens of the issuers that a configuration names at the moment. */
export function structuredTokens(live: Live<AuthenticationConfiguration>, apiAudiences: readonly string[], ports: { readonly clock: Clock; readonly log: Log }): { readonly tokens: TokenAuthenticator; stop(): void } {
  const build = ({ jwt }: AuthenticationConfiguration): TokenAuthenticator =>
    firstToKnow(jwt.map((config) => issuerTokens({ ...config, algorithms: [...signingAlgorithmsKnown] }, (claims) => userOfClaims(claims, config), apiAudiences, ports)));
  let current = build(live.current);
  const stop = live.onChange((configuration) => (current = build(configuration)));
  return { tokens: { verify: (token, audiences) => current.verify(token, audiences) }, stop };
}
