import { ApiError } from '@rhythm/api';
import type { ResourceHandler } from '../ports/handlers.ts';

/** The proxy subresources pass HTTP on: the gRPC face says so instead of looking like a missing object. */
export function proxyRefusals(): ResourceHandler[] {
  return ['pods', 'services', 'nodes'].map((resource) => ({
    group: '',
    resource,
    subresource: 'proxy',
    verbs: ['get', 'create', 'update', 'patch', 'delete'],
    handle: () => Promise.reject(new ApiError('MethodNotAllowed', `${resource}/proxy is served over HTTP only`)),
  }));
}

/** A plain request where only a connection that changes protocol makes sense. */
export function upgradeRefusals(): ResourceHandler[] {
  return ['exec', 'attach', 'portforward'].map((subresource) => ({
    group: '',
    resource: 'pods',
    subresource,
    verbs: ['get', 'create'],
    handle: () => Promise.reject(new ApiError('BadRequest', 'Upgrade request required')),
  }));
}
