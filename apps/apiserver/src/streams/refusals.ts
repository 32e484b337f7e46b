import { ApiError } from '@rhythm/api';
import type { ResourceHandler } from '../pipeline/handlers.ts';

/** The proxy subresources are not served: they say so instead of looking like a missing object. */
export function proxyRefusals(): ResourceHandler[] {
  return ['pods', 'services', 'nodes'].map((resource) => ({
    group: '',
    resource,
    subresource: 'proxy',
    verbs: ['get', 'create', 'update', 'patch', 'delete'],
    handle: () => Promise.reject(new ApiError('MethodNotAllowed', `this server does not proxy to ${resource}; use port-forward`)),
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
