import { invalid, type KubeObject } from '@rhythm/api';
import { formatTime, type Clock } from '@rhythm/base';
import type { TokenReview, UserInfo as ApiUserInfo } from '@rhythm/api/types/authentication-v1';
import type { UserInfo } from '../../ports/types.ts';
import { authenticatedGroup } from '../groups.ts';
import { InvalidTokenError } from '../tokens/claims.ts';
import type { TokenAuthenticator } from '../tokens/authenticator.ts';
import type { CreateOnlyHandler } from './handler.ts';

const apiVersion = 'authentication.k8s.io/v1';

/** `kubectl auth whoami`. */
export function selfSubjectReview(clock: Clock): CreateOnlyHandler {
  return ({ user, object }) =>
    Promise.resolve({
      kind: 'SelfSubjectReview',
      apiVersion,
      metadata: { ...object.metadata, creationTimestamp: formatTime(clock.now()) },
      status: { userInfo: shown(user) },
    } as unknown as KubeObject);
}

/** Whose token is this? The token is not repeated in the answer. */
export function tokenReview(verifier: TokenAuthenticator): CreateOnlyHandler {
  return async ({ object }) => {
    const review = object as TokenReview;
    const token = review.spec?.token ?? '';
    const audiences = review.spec?.audiences ?? [];
    if (token === '') throw invalid({ group: 'authentication.k8s.io', kind: 'TokenReview' }, '', [{ type: 'FieldValueRequired', field: 'spec.token', message: 'Required value' }]);
    const status = await statusOf(verifier, token, audiences);
    return { kind: 'TokenReview', apiVersion, metadata: { ...object.metadata }, spec: audiences.length === 0 ? {} : { audiences }, status } as unknown as KubeObject;
  };
}

async function statusOf(verifier: TokenAuthenticator, token: string, audiences: readonly string[]): Promise<object> {
  try {
    const verified = await verifier.verify(token, audiences.length === 0 ? undefined : audiences);
    if (verified === undefined) return { authenticated: false, user: {}, error: 'the token is not one of this cluster' };
    const user = { ...verified.user, groups: [...verified.user.groups, authenticatedGroup] };
    return { authenticated: true, user: shown(user), audiences: verified.audiences };
  } catch (error) {
    if (error instanceof InvalidTokenError) return { authenticated: false, user: {}, error: error.message };
    throw error;
  }
}

/** A user in the form of the API. */
export function shown(user: UserInfo): ApiUserInfo {
  return {
    username: user.name,
    ...(user.uid === undefined || user.uid === '' ? {} : { uid: user.uid }),
    groups: [...user.groups],
    ...(user.extra === undefined ? {} : { extra: Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]])) }),
  };
}
