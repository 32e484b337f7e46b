import type { RequestAttributes } from '../ports/types.ts';

/** The path of a request, for people. */
export function uriOfAttributes({ isResource, path, group, version, namespace, resource, name, subresource }: RequestAttributes): string {
  if (!isResource) return path;
  const scope = namespace === '' || resource === 'namespaces' ? [] : ['namespaces', namespace];
  return `/${[...(group === '' ? ['api', version] : ['apis', group, version]), ...scope, resource, name, subresource].filter((part) => part !== '').join('/')}`;
}
