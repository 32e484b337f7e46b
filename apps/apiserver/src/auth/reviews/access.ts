import { ApiError, invalid, type KubeObject } from '@rhythm/api';
import type { NonResourceAttributes, ResourceAttributes, SelfSubjectAccessReview, SelfSubjectRulesReview, SubjectAccessReview } from '@rhythm/api/types/authorization-v1';
import type { Authorizer, RequestAttributes, UserInfo } from '../../pipeline/types.ts';
import type { CreateOnlyHandler } from './handler.ts';

const apiGroup = 'authorization.k8s.io';

interface Asked {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: NonResourceAttributes;
}

/** `kubectl auth can-i`: may the caller itself do this? */
export function selfSubjectAccessReview(authorizer: Authorizer): CreateOnlyHandler {
  return async ({ user, object }) => {
    const review = object as SelfSubjectAccessReview;
    return answer(authorizer, review, attributesOf('SelfSubjectAccessReview', user, review.spec ?? {}));
  };
}

/** May this user do this? Asked by servers that hold a user's credential. */
export function subjectAccessReview(authorizer: Authorizer): CreateOnlyHandler {
  return async ({ object }) => {
    const review = object as SubjectAccessReview;
    return answer(authorizer, review, attributesOf('SubjectAccessReview', reviewedUser(review), review.spec ?? {}));
  };
}

/** The same, in one namespace only. */
export function localSubjectAccessReview(authorizer: Authorizer): CreateOnlyHandler {
  return async ({ object, namespace }) => {
    const review = object as SubjectAccessReview;
    const asked = review.spec?.resourceAttributes;
    if (review.spec?.nonResourceAttributes !== undefined && review.spec.nonResourceAttributes !== null) {
      throw refuse('LocalSubjectAccessReview', 'spec.nonResourceAttributes', `Invalid value: disallowed on this kind of request`);
    }
    if (asked !== undefined && asked !== null && asked.namespace !== namespace) {
      throw new ApiError('BadRequest', `spec.resourceAttributes.namespace must match namespace: ${namespace}`);
    }
    return answer(authorizer, review, attributesOf('LocalSubjectAccessReview', reviewedUser(review), review.spec ?? {}));
  };
}

/** `kubectl auth can-i --list`. */
export function selfSubjectRulesReview(authorizer: Authorizer): CreateOnlyHandler {
  return async ({ user, object }) => {
    const namespace = (object as SelfSubjectRulesReview).spec?.namespace ?? '';
    if (namespace === '') throw new ApiError('BadRequest', 'no namespace on request');
    const status = await authorizer.rulesFor(user, namespace);
    return { ...object, kind: 'SelfSubjectRulesReview', apiVersion: `${apiGroup}/v1`, spec: {}, status } as KubeObject;
  };
}

function reviewedUser(review: SubjectAccessReview): UserInfo {
  const spec = review.spec ?? {};
  return { name: spec.user ?? '', groups: spec.groups ?? [], ...(spec.uid === undefined ? {} : { uid: spec.uid }), ...(spec.extra === undefined ? {} : { extra: spec.extra }) };
}

function attributesOf(kind: string, user: UserInfo, asked: Asked): RequestAttributes {
  const resource = asked.resourceAttributes ?? undefined;
  const path = asked.nonResourceAttributes ?? undefined;
  if (resource !== undefined && path !== undefined) throw refuse(kind, 'spec.nonResourceAttributes', 'Invalid value: cannot be specified in combination with resourceAttributes');
  if (resource === undefined && path === undefined) throw refuse(kind, 'spec.resourceAttributes', 'Invalid value: exactly one of nonResourceAttributes or resourceAttributes must be specified');
  if (kind !== 'SelfSubjectAccessReview' && user.name === '' && user.groups.length === 0) {
    throw refuse(kind, 'spec.user', 'Invalid value: at least one of user or group must be specified');
  }
  return {
    user,
    verb: resource?.verb ?? path?.verb ?? '',
    isResource: resource !== undefined,
    path: path?.path ?? '',
    group: resource?.group ?? '',
    version: resource?.version ?? '',
    resource: resource?.resource ?? '',
    subresource: resource?.subresource ?? '',
    namespace: resource?.namespace ?? '',
    name: resource?.name ?? '',
  };
}

function refuse(kind: string, field: string, message: string): ApiError {
  return invalid({ group: apiGroup, kind }, '', [{ type: 'FieldValueInvalid', field, message }]);
}

async function answer(authorizer: Authorizer, review: KubeObject, attributes: RequestAttributes): Promise<KubeObject> {
  const decision = await authorizer.authorize(attributes);
  const status = { allowed: decision.allowed, ...(decision.reason === '' ? {} : { reason: decision.reason }) };
  return { ...review, status } as KubeObject;
}
