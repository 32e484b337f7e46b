import { ApiError } from '@rhythm/api';
import type { Log } from '@rhythm/base';
import type { Authenticator, Authorizer, Caller, UserInfo } from '../ports/types.ts';
import { userOfCertificate } from './certificate.ts';
import type { FrontProxy } from './front-proxy.ts';
import { anonymousUserName, authenticatedGroup } from './groups.ts';
import { impersonated } from './impersonation.ts';
import { InvalidTokenError } from './tokens/claims.ts';
import type { TokenAuthenticator } from './tokens/authenticator.ts';

/**
 * Finds out who calls: the client certificate first (a proxy's speaks for the user in its headers), then the bearer token, then the Impersonate-* headers on top.
 * A bearer token that nobody accepts is 401, never anonymous. Impersonation without a credential is 401.
 */
export function credentialAuthenticator(verifier: TokenAuthenticator, authorizer: Authorizer, log: Log, frontProxy?: FrontProxy): Authenticator {
  return {
    async authenticate(caller) {
      // The certificate of a proxy is never a user's own.
      const shown = frontProxy?.isProxy(caller.certificate) === true ? frontProxy.userOf(caller) : userOfCertificate(caller.certificate);
      const user = shown ?? (await userOfToken(verifier, caller, log));
      if (user === undefined) {
        if (caller.headersWith('impersonate-').length > 0) throw unauthorized();
        return undefined;
      }
      return impersonated(caller, withAuthenticated(user), authorizer);
    },
  };
}

async function userOfToken(verifier: TokenAuthenticator, caller: Caller, log: Log): Promise<UserInfo | undefined> {
  const header = caller.header('authorization');
  if (header === undefined || header.trim() === '') return undefined;
  const token = bearerToken(header);
  if (token === undefined) throw unauthorized();
  try {
    const verified = await verifier.verify(token);
    if (verified !== undefined) return verified.user;
    log.debug('bearer token of another issuer refused');
  } catch (error) {
    if (!(error instanceof InvalidTokenError)) throw error;
    log.info('bearer token refused', { why: error.message });
  }
  throw unauthorized();
}

/** The token of `Bearer TOKEN` (RFC 6750); `undefined` for any other scheme. */
export function bearerToken(header: string): string | undefined {
  const match = /^bearer +([\w.~+/=-]+) *$/i.exec(header);
  return match?.[1];
}

/** 401 without a hint at what was wrong with the credential. */
export function unauthorized(): ApiError {
  return new ApiError('Unauthorized', 'Unauthorized');
}

function withAuthenticated(user: UserInfo): UserInfo {
  return user.groups.includes(authenticatedGroup) || user.name === anonymousUserName ? user : { ...user, groups: [...user.groups, authenticatedGroup] };
}
