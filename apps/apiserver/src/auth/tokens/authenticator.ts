import type { UserInfo } from '../../ports/types.ts';

/** Whom a bearer token stands for. */
export interface TokenUser {
  readonly user: UserInfo;
  /** Those of the wanted audiences that the token is meant for. */
  readonly audiences: readonly string[];
}

/** One kind of bearer token. */
export interface TokenAuthenticator {
  /**
   * The user of a token for one of `audiences` (absent: the API's). `undefined`: it is not a token of this kind. Rejects with
   * `InvalidTokenError` when it is one and not good.
   */
  verify(token: string, audiences?: readonly string[]): Promise<TokenUser | undefined>;
}

/** Asks each kind in turn. The first that knows the token decides. */
export function firstToKnow(kinds: readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    async verify(token, audiences) {
      for (const kind of kinds) {
        const found = await kind.verify(token, audiences);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}
