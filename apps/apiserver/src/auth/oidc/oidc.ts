import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTPayload, type JWTVerifyResult } from 'jose';
import { causeChain, toDate, type Clock, type Log } from '@rhythm/base';
import type { UserInfo } from '../../pipeline/types.ts';
import type { TokenAuthenticator } from '../tokens/authenticator.ts';
import { InvalidTokenError } from '../tokens/claims.ts';
import { claimedIssuer } from '../tokens/signed-token.ts';
import { fetchJson } from './fetch-json.ts';

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

const algorithmsKnown: ReadonlySet<string> = new Set(['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512']);
/** Keys are read again after this, so that one that was withdrawn stops working. */
const keysForMs = 10 * 60_000;
/** A token with an unknown key makes them be read again, at most so often. */
const refetchAfterMs = 10_000;
const groupsMax = 1_000;

/** Identity tokens of an OpenID Connect issuer (OIDC Core 1.0, 2 and 3.1.3.7). @throws Error for a configuration that cannot be meant. */
export function oidcTokens(config: OidcConfig, apiAudiences: readonly string[], ports: { readonly clock: Clock; readonly log: Log }): TokenAuthenticator {
  if (!URL.canParse(config.issuerUrl) || new URL(config.issuerUrl).protocol !== 'https:') throw new Error('--oidc-issuer-url must be an address of HTTPS');
  if (config.clientId === '') throw new Error('--oidc-client-id must be given with --oidc-issuer-url');
  const algorithms = config.signingAlgorithms ?? ['RS256'];
  for (const algorithm of algorithms) if (!algorithmsKnown.has(algorithm)) throw new Error(`--oidc-signing-algs: ${algorithm} is not one of ${[...algorithmsKnown].join(', ')}`);
  const keys = new IssuerKeys(config, ports);
  return {
    async verify(token, audiences = apiAudiences) {
      if (claimedIssuer(token) !== config.issuerUrl) return undefined;
      const meantFor = audiences.filter((audience) => apiAudiences.includes(audience));
      if (meantFor.length === 0) throw new InvalidTokenError('an identity token is for the API only');
      const payload = await verified(token, keys, { issuer: config.issuerUrl, audience: config.clientId, algorithms: [...algorithms], currentDate: toDate(ports.clock.now()), requiredClaims: ['exp'] });
      return { user: userOf(payload, config), audiences: meantFor };
    },
  };
}

type Conditions = NonNullable<Parameters<typeof jwtVerify>[2]>;

async function verified(token: string, keys: IssuerKeys, conditions: Conditions): Promise<JWTPayload> {
  const once = async (fresh: boolean): Promise<JWTVerifyResult> => jwtVerify(token, createLocalJWKSet(await keys.current(fresh)), conditions);
  try {
    return (await once(false).catch((error: unknown) => (error instanceof errors.JWKSNoMatchingKey ? once(true) : Promise.reject(error as Error)))).payload;
  } catch (error) {
    throw new InvalidTokenError(error instanceof errors.JOSEError ? `the identity token is not good: ${error.code}` : `the keys of the issuer cannot be had: ${causeChain(error)}`, { cause: error });
  }
}

/** The keys by which an issuer signs, read when they are first needed; by one reader for all who wait. */
class IssuerKeys {
  readonly #config: OidcConfig;
  readonly #ports: { readonly clock: Clock; readonly log: Log };
  #keys: { readonly set: JSONWebKeySet; readonly at: number } | undefined;
  #reading: Promise<JSONWebKeySet> | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;

  constructor(config: OidcConfig, ports: { readonly clock: Clock; readonly log: Log }) {
    this.#config = config;
    this.#ports = ports;
  }

  async current(fresh: boolean): Promise<JSONWebKeySet> {
    const now = this.#ports.clock.monotonic();
    const known = this.#keys;
    const old = known === undefined || fresh || now - known.at >= keysForMs;
    if (!old) return known.set;
    // Tokens are anybody's to make: they must not turn this server on the issuer.
    if (this.#reading === undefined && now - this.#triedAt < refetchAfterMs) {
      if (known !== undefined) return known.set;
      throw new Error('the issuer did not answer moments ago');
    }
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<JSONWebKeySet> {
    const { clock, log } = this.#ports;
    const { issuerUrl, ca } = this.#config;
    this.#triedAt = clock.monotonic();
    try {
      const document = (await fetchJson(new URL(`${issuerUrl.replace(/\/$/, '')}/.well-known/openid-configuration`), ca, clock)) as { issuer?: unknown; jwks_uri?: unknown } | null;
      if (document?.issuer !== issuerUrl || typeof document.jwks_uri !== 'string') throw new Error('the discovery document is not that of the issuer');
      const set = (await fetchJson(new URL(document.jwks_uri), ca, clock)) as JSONWebKeySet;
      if (!Array.isArray(set?.keys)) throw new Error('the issuer has no list of keys');
      this.#keys = { set, at: clock.monotonic() };
      return set;
    } catch (error) {
      log.warn('the keys of the identity issuer cannot be read', { issuer: issuerUrl, error: causeChain(error) });
      throw error;
    }
  }
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
