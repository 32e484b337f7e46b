import { ApiError, invalid, kindRegistry, type KubeObject } from '@rhythm/api';
import type { LocalSubjectAccessReview, NonResourceAttributes, ResourceAttributes, SelfSubjectAccessReview, SelfSubjectRulesReview, SubjectAccessReview } from '@rhythm/api/types/authorization-v1';
import type { Authorizer, RequestAttributes, UserInfo } from '../../ports/types.ts';
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
    return answer(authorizer, review, attributesOf('SelfSubjectAccessReview', user, review));
  };
}

/** May this user do this? Asked by servers that hold a user's credential. */
export function subjectAccessReview(authorizer: Authorizer): CreateOnlyHandler {
  return async ({ object }) => {
    const review = object as SubjectAccessReview;
    return answer(authorizer, review, attributesOf('SubjectAccessReview', reviewedUser(review), review));
  };
}

/** The same, in one namespace only. */
export function localSubjectAccessReview(authorizer: Authorizer): CreateOnlyHandler {
  return async ({ object, namespace }) => {
    const review = object as LocalSubjectAccessReview;
    const given = review.metadata.namespace ?? '';
    if (given !== '' && given !== namespace) throw new ApiError('BadRequest', 'the namespace of the provided object does not match the namespace sent on the request');
    review.metadata.namespace = namespace;
    return answer(authorizer, review, attributesOf('LocalSubjectAccessReview', reviewedUser(review), review));
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

function reviewedUser(review: SubjectAccessReview | LocalSubjectAccessReview): UserInfo {
  const spec = review.spec ?? {};
  return { name: spec.user ?? '', groups: spec.groups ?? [], ...(spec.uid === undefined ? {} : { uid: spec.uid }), ...(spec.extra === undefined ? {} : { extra: spec.extra }) };
}

function attributesOf(kind: string, user: UserInfo, review: KubeObject & { readonly spec?: Asked }): RequestAttributes {
  const errors = kindRegistry.byKind(apiGroup, 'v1', kind)?.validate?.(review) ?? [];
  if (errors.length > 0) throw invalid({ group: apiGroup, kind }, '', errors);
  const resource = review.spec?.resourceAttributes ?? undefined;
  const path = review.spec?.nonResourceAttributes ?? undefined;
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

async function answer(authorizer: Authorizer, review: KubeObject, attributes: RequestAttributes): Promise<KubeObject> {
  const decision = await authorizer.authorize(attributes);
  const status = { allowed: decision.allowed, ...(decision.reason === '' ? {} : { reason: decision.reason }) };
  return { ...review, status } as KubeObject;
}
