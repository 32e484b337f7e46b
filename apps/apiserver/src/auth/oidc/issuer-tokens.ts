import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTPayload, type JWTVerifyResult } from 'jose';
import { causeChain, toDate, type Clock, type Log } from '@rhythm/base';
import type { UserInfo } from '../../ports/types.ts';
import type { TokenAuthenticator } from '../tokens/authenticator.ts';
import { InvalidTokenError } from '../tokens/claims.ts';
import { claimedIssuer } from '../tokens/signed-token.ts';
import { fetchJson } from './fetch-json.ts';

/** Whose identity tokens, and for whom. */
export interface Issuer {
  /** https; tokens say it as `iss`. */
  readonly url: string;
  /** Where its discovery document is, when not in its place below `url`. */
  readonly discoveryUrl?: string;
  /** A token must be meant for one of them. */
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  /** PEM; absent: the public authorities. */
  readonly ca?: string;
}

export const signingAlgorithmsKnown: ReadonlySet<string> = new Set(['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512']);
/** Keys are read again after this, so that one that was withdrawn stops working. */
const keysForMs = 10 * 60_000;
/** A token with an unknown key makes them be read again, at most so often. */
const refetchAfterMs = 10_000;

/**
 * Identity tokens of one issuer (OIDC Core 1.0, 2 and 3.1.3.7); `userOf` says whom verified claims stand for. Tokens of others are none of this kind.
 */
export function issuerTokens(issuer: Issuer, userOf: (claims: JWTPayload) => UserInfo, apiAudiences: readonly string[], ports: { readonly clock: Clock; readonly log: Log }): TokenAuthenticator {
  const keys = new IssuerKeys(issuer, ports);
  return {
    async verify(token, audiences = apiAudiences) {
      if (claimedIssuer(token) !== issuer.url) return undefined;
      const meantFor = audiences.filter((audience) => apiAudiences.includes(audience));
      if (meantFor.length === 0) throw new InvalidTokenError('an identity token is for the API only');
      const claims = await verified(token, keys, { issuer: issuer.url, audience: [...issuer.audiences], algorithms: [...issuer.algorithms], currentDate: toDate(ports.clock.now()), requiredClaims: ['exp'] });
      return { user: userOf(claims), audiences: meantFor };
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
  readonly #issuer: Issuer;
  readonly #ports: { readonly clock: Clock; readonly log: Log };
  #keys: { readonly set: JSONWebKeySet; readonly at: number } | undefined;
  #reading: Promise<JSONWebKeySet> | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;

  constructor(issuer: Issuer, ports: { readonly clock: Clock; readonly log: Log }) {
    this.#issuer = issuer;
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
    const { url, discoveryUrl, ca } = this.#issuer;
    this.#triedAt = clock.monotonic();
    try {
      const document = (await fetchJson(new URL(discoveryUrl ?? `${url.replace(/\/$/, '')}/.well-known/openid-configuration`), ca, clock)) as { issuer?: unknown; jwks_uri?: unknown } | null;
      if (document?.issuer !== url || typeof document.jwks_uri !== 'string') throw new Error('the discovery document is not that of the issuer');
      const set = (await fetchJson(new URL(document.jwks_uri), ca, clock)) as JSONWebKeySet;
      if (!Array.isArray(set?.keys)) throw new Error('the issuer has no list of keys');
      this.#keys = { set, at: clock.monotonic() };
      return set;
    } catch (error) {
      log.warn('the keys of the identity issuer cannot be read', { issuer: url, error: causeChain(error) });
      throw error;
    }
  }
}
