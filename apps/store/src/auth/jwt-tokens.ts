import { createHash } from 'node:crypto';
import { toDate, type Clock } from '@rhythm/base';
import { jwtVerify, SignJWT } from 'jose';
import type { Caller } from '@rhythm/proto/store';
import { AuthError } from './errors.ts';
import type { TokenOptions } from './token-options.ts';

/** Tokens whose signature need not be checked again. */
const verifiedMax = 10_000;

interface Verified {
  readonly caller: Caller;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Signed tokens, as etcd makes them: claims `username`, `revision` (of users and roles when it was made) and `exp`. Nothing
 * is kept of them: any member with the public key verifies, and a change of users or roles makes all of them old.
 */
export class JwtTokens {
  readonly #options: Extract<TokenOptions, { kind: 'jwt' }>;
  readonly #clock: Pick<Clock, 'now'>;
  /** By digest, the one verified longest ago first. */
  readonly #verified = new Map<string, Verified>();

  constructor(options: Extract<TokenOptions, { kind: 'jwt' }>, clock: Pick<Clock, 'now'>) {
    this.#options = options;
    this.#clock = clock;
  }

  async sign(user: string, authRevision: number): Promise<string> {
    const { algorithm, signingKey, ttlSeconds } = this.#options;
    if (signingKey === undefined) throw new AuthError('VerifyOnly');
    const exp = Math.floor(this.#clock.now() / 1000) + ttlSeconds;
    return await new SignJWT({ username: user, revision: authRevision, exp }).setProtectedHeader({ alg: algorithm, typ: 'JWT' }).sign(signingKey);
  }

  /** Throws `AuthError` for a token that is not ours, not whole, or over its time. */
  async verify(token: string): Promise<Caller> {
    const digest = createHash('sha256').update(token).digest('base64');
    const known = this.#verified.get(digest);
    if (known !== undefined && known.expiresAt > this.#clock.now()) return known.caller;
    this.#verified.delete(digest);
    const verified = await this.#check(token);
    this.#verified.set(digest, verified);
    const [oldest] = this.#verified.keys();
    if (this.#verified.size > verifiedMax && oldest !== undefined) this.#verified.delete(oldest);
    return verified.caller;
  }

  async #check(token: string): Promise<Verified> {
    try {
      const { payload } = await jwtVerify(token, this.#options.verifyingKey, {
        algorithms: [this.#options.algorithm],
        currentDate: toDate(this.#clock.now()),
        requiredClaims: ['exp'],
      });
      const { username, revision, exp } = payload;
      if (typeof username === 'string' && Number.isSafeInteger(revision) && Number(revision) >= 0 && exp !== undefined) {
        return { caller: { user: username, authRevision: BigInt(revision as number), internal: false }, expiresAt: exp * 1000 };
      }
    } catch {
      // Why a token is no good is nothing its sender needs to know.
    }
    throw new AuthError('InvalidAuthToken');
  }
}
