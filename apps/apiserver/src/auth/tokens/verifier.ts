import { createHash } from 'node:crypto';
import type { KubeObject } from '@rhythm/api';
import { BoundedCache, parseTime, type Clock } from '@rhythm/base';
import type { ObjectReader, UserInfo } from '../../ports/types.ts';
import { serviceAccountGroups, serviceAccountUserName } from '../groups.ts';
import type { TokenAuthenticator, TokenUser } from './authenticator.ts';
import { InvalidTokenError, type ClaimRef, type TokenClaims } from './claims.ts';
import type { TokenKeys } from './keys.ts';
import { claimedIssuer, verifySignature } from './signed-token.ts';

/** Tokens whose verified claims are remembered (by hash: a credential is not kept). */
export const verifiedTokensMax = 10_000;
/** How long a token stays good after a look at its service account and bound object, milliseconds (as in Kubernetes). */
export const livenessMs = 10_000;
/** A deleted account or pod keeps its token for its last seconds of grace, and clocks of two servers may differ by this. */
export const leewayMs = 60_000;

export interface TokenVerifierConfig {
  readonly issuer: string;
  /** What a token must be meant for, one of them. */
  readonly audiences: readonly string[];
  readonly keys: TokenKeys;
}

interface Remembered {
  readonly claims: TokenClaims;
  /** Until when (monotonic) the objects behind the token need not be looked at again. */
  aliveUntil: number;
}

export interface VerifiedToken extends TokenUser {
  readonly claims: TokenClaims;
}

/** Verifies service-account tokens: signature, times, audience, and that the account and the bound object are alive. */
export class TokenVerifier implements TokenAuthenticator {
  readonly #config: TokenVerifierConfig;
  readonly #reader: ObjectReader;
  readonly #clock: Clock;
  #remembered = new BoundedCache<Remembered>(verifiedTokensMax);
  /** By which the remembered tokens were verified. */
  #keys: TokenKeys;

  constructor(config: TokenVerifierConfig, reader: ObjectReader, clock: Clock) {
    this.#config = config;
    this.#keys = config.keys;
    this.#reader = reader;
    this.#clock = clock;
  }

  /**
   * The user of a token for one of `audiences` (absent: the API's). `undefined`: the token says that another issuer made
   * it. Rejects with `InvalidTokenError` when it is ours and not good.
   */
  async verify(token: string, audiences: readonly string[] = this.#config.audiences): Promise<VerifiedToken | undefined> {
    if (claimedIssuer(token) !== this.#config.issuer) return undefined;
    if (this.#keys !== this.#config.keys) {
      this.#keys = this.#config.keys;
      this.#remembered = new BoundedCache(verifiedTokensMax);
    }
    const key = createHash('sha256').update(token).digest('base64');
    let known = this.#remembered.get(key);
    if (known === undefined) {
      known = { claims: await verifySignature(token, this.#config.keys), aliveUntil: 0 };
      this.#checkIssuer(known.claims);
      this.#remembered.set(key, known);
    }
    const { claims } = known;
    this.#checkTimes(claims);
    const meantFor = audiences.filter((audience) => claims.audiences.includes(audience));
    if (meantFor.length === 0) throw new InvalidTokenError(`the token is meant for other audiences than ${JSON.stringify(audiences)}`);
    if (this.#clock.monotonic() >= known.aliveUntil) {
      await this.#checkAlive(claims);
      known.aliveUntil = this.#clock.monotonic() + livenessMs;
    }
    return { user: userOf(claims), audiences: meantFor, claims };
  }

  #checkIssuer(claims: TokenClaims): void {
    if (claims.issuer !== this.#config.issuer) throw new InvalidTokenError('the token is of another issuer');
    const subject = serviceAccountUserName(claims.namespace, claims.serviceAccount.name);
    if (claims.subject !== subject) throw new InvalidTokenError('the subject is not the service account that the token names');
  }

  #checkTimes(claims: TokenClaims): void {
    const now = this.#clock.now();
    if (now >= claims.expiresAt * 1000) throw new InvalidTokenError('the token has expired');
    if (now + leewayMs < claims.notBefore * 1000) throw new InvalidTokenError('the token is not valid yet');
  }

  async #checkAlive(claims: TokenClaims): Promise<void> {
    await this.#checkObject('serviceaccounts', claims.namespace, 'service account', claims.serviceAccount);
    if (claims.pod !== undefined) await this.#checkObject('pods', claims.namespace, 'pod', claims.pod);
    if (claims.secret !== undefined) await this.#checkObject('secrets', claims.namespace, 'secret', claims.secret);
    // A node beside a pod only says where the pod ran; alone it is what the token is bound to.
    if (claims.node !== undefined && claims.pod === undefined) await this.#checkObject('nodes', '', 'node', claims.node);
  }

  async #checkObject(resource: string, namespace: string, what: string, wanted: ClaimRef): Promise<void> {
    const object = await this.#reader.get<KubeObject>('', resource, namespace, wanted.name);
    if (object === undefined) throw new InvalidTokenError(`the ${what} of the token is gone`);
    if (wanted.uid !== '' && object.metadata.uid !== wanted.uid) throw new InvalidTokenError(`the ${what} of the token is another one of that name`);
    const deletedAt = parseTime(object.metadata.deletionTimestamp ?? '');
    if (deletedAt !== undefined && deletedAt < this.#clock.now() - leewayMs) throw new InvalidTokenError(`the ${what} of the token has been deleted`);
  }
}

const extraPrefix = 'authentication.kubernetes.io/';

/** The user that a verified token stands for. */
export function userOf(claims: TokenClaims): UserInfo {
  const extra: Record<string, string[]> = { [`${extraPrefix}credential-id`]: [`JTI=${claims.id}`] };
  const add = (what: string, ref: ClaimRef | undefined): void => {
    if (ref === undefined) return;
    extra[`${extraPrefix}${what}-name`] = [ref.name];
    if (ref.uid !== '') extra[`${extraPrefix}${what}-uid`] = [ref.uid];
  };
  add('node', claims.node);
  add('pod', claims.pod);
  return {
    name: serviceAccountUserName(claims.namespace, claims.serviceAccount.name),
    uid: claims.serviceAccount.uid,
    groups: serviceAccountGroups(claims.namespace),
    extra,
  };
}
