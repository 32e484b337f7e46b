import type { JWTPayload } from 'jose';
import type { Clock, Log } from '@rhythm/base';
import type { UserInfo } from '../../ports/types.ts';
import type { TokenAuthenticator } from '../tokens/authenticator.ts';
import { InvalidTokenError } from '../tokens/claims.ts';
import { issuerTokens, signingAlgorithmsKnown } from './issuer-tokens.ts';

/** An issuer of identity tokens, as Kubernetes' `--oidc-*` flags describe it. */
export interface OidcConfig {
  /** https; tokens say it as `iss`, and its discovery document is below it. */
  readonly issuerUrl: string;
  readonly clientId: string;
  /** Default `sub`. */
  readonly usernameClaim?: string;
  /** Default: `ISSUER#`, nothing for the claim `email`; `-`: nothing. */
  readonly usernamePrefix?: string;
  readonly groupsClaim?: string;
  readonly groupsPrefix?: string;
  readonly requiredClaims?: ReadonlyMap<string, string>;
  /** Default RS256. */
  readonly signingAlgorithms?: readonly string[];
  /** PEM; absent: the public authorities. */
  readonly ca?: string;
}

const groupsMax = 1_000;

/** Identity tokens of an OpenID Connect issuer (OIDC Core 1.0, 2 and 3.1.3.7). @throws Error for a configuration that cannot be meant. */
export function oidcTokens(config: OidcConfig, apiAudiences: readonly string[], ports: { readonly clock: Clock; readonly log: Log }): TokenAuthenticator {
  if (!URL.canParse(config.issuerUrl) || new URL(config.issuerUrl).protocol !== 'https:') throw new Error('--oidc-issuer-url must be an address of HTTPS');
  if (config.clientId === '') throw new Error('--oidc-client-id must be given with --oidc-issuer-url');
  const algorithms = config.signingAlgorithms ?? ['RS256'];
  for (const algorithm of algorithms) if (!signingAlgorithmsKnown.has(algorithm)) throw new Error(`--oidc-signing-algs: ${algorithm} is not one of ${[...signingAlgorithmsKnown].join(', ')}`);
  return issuerTokens({ url: config.issuerUrl, audiences: [config.clientId], algorithms, ...(config.ca === undefined ? {} : { ca: config.ca }) }, (claims) => userOf(claims, config), apiAudiences, ports);
}

function userOf(payload: JWTPayload, config: OidcConfig): UserInfo {
  const usernameClaim = config.usernameClaim ?? 'sub';
  const name = claimOf(payload, usernameClaim);
  if (typeof name !== 'string' || name === '') throw new InvalidTokenError(`the identity token has no claim ${JSON.stringify(usernameClaim)} with a name`);
  if (usernameClaim === 'email' && (claimOf(payload, 'email_verified') ?? true) !== true) throw new InvalidTokenError('the e-mail address of the identity token is not verified');
  for (const [claim, wanted] of config.requiredClaims ?? []) if (claimOf(payload, claim) !== wanted) throw new InvalidTokenError(`the claim ${JSON.stringify(claim)} of the identity token is not as required`);
  const prefix = config.usernamePrefix ?? (usernameClaim === 'email' ? '-' : `${config.issuerUrl}#`);
  const user = { name: `${prefix === '-' ? '' : prefix}${name}`, groups: groupsOf(payload, config) };
  // Those names are the cluster's own to give.
  for (const given of [user.name, ...user.groups]) if (given.startsWith('system:')) throw new InvalidTokenError('the identity token claims a name or group of the system');
  return user;
}

function groupsOf(payload: JWTPayload, config: OidcConfig): string[] {
  if (config.groupsClaim === undefined) return [];
  const claimed = claimOf(payload, config.groupsClaim) ?? [];
  const groups = typeof claimed === 'string' ? [claimed] : claimed;
  if (!Array.isArray(groups) || groups.length > groupsMax || !groups.every((group) => typeof group === 'string')) throw new InvalidTokenError(`the claim ${JSON.stringify(config.groupsClaim)} of the identity token is no list of groups`);
  return groups.map((group) => `${config.groupsPrefix ?? ''}${group}`);
}

function claimOf(payload: JWTPayload, claim: string): unknown {
  return Object.hasOwn(payload, claim) ? payload[claim] : undefined;
}
