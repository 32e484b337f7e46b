import { ApiError } from '@rhythm/api';
import type { RequestAttributes } from '../ports/types.ts';

/** `User "x" cannot list resource "pods" in API group "" in the namespace "default"`, word for word as Kubernetes says it. */
export function refusalText(attributes: RequestAttributes): string {
  const user = JSON.stringify(attributes.user.name);
  if (!attributes.isResource) return `User ${user} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}`;
  const resource = attributes.subresource === '' ? attributes.resource : `${attributes.resource}/${attributes.subresource}`;
  const what = `User ${user} cannot ${attributes.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(attributes.group)}`;
  return attributes.namespace === '' ? `${what} at the cluster scope` : `${what} in the namespace ${JSON.stringify(attributes.namespace)}`;
}

/** 403 for a request that no rule allows; `reason` is the authorizer's, if it gave one. */
export function forbidden(attributes: RequestAttributes, reason = ''): ApiError {
  const why = reason === '' ? refusalText(attributes) : `${refusalText(attributes)}: ${reason}`;
  return attributes.isResource ? forbiddenObject(attributes, attributes.name, why) : new ApiError('Forbidden', `forbidden: ${why}`, { details: {} });
}

/** `RESOURCE.GROUP "NAME" is forbidden: WHY`. */
export function forbiddenObject(resource: { readonly group: string; readonly resource: string }, name: string, why: string): ApiError {
  const qualified = resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`;
  const subject = name === '' ? qualified : `${qualified} ${JSON.stringify(name)}`;
  return new ApiError('Forbidden', `${subject} is forbidden: ${why}`, {
    details: { ...(name === '' ? {} : { name }), ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.resource },
  });
}
