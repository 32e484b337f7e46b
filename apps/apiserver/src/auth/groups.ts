/** Names that Kubernetes gives to users and groups. */

export const authenticatedGroup = 'system:authenticated';
export const unauthenticatedGroup = 'system:unauthenticated';
export const mastersGroup = 'system:masters';
export const nodesGroup = 'system:nodes';
export const anonymousUserName = 'system:anonymous';
export const nodeUserPrefix = 'system:node:';

export const serviceAccountUserPrefix = 'system:serviceaccount:';

/** `system:serviceaccount:NAMESPACE:NAME`. */
export function serviceAccountUserName(namespace: string, name: string): string {
  return `${serviceAccountUserPrefix}${namespace}:${name}`;
}

export function serviceAccountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

/** The account that a user name stands for; `undefined` when it is not of that form. */
export function parseServiceAccountUser(userName: string): { readonly namespace: string; readonly name: string } | undefined {
  if (!userName.startsWith(serviceAccountUserPrefix)) return undefined;
  const [namespace = '', name = '', ...rest] = userName.slice(serviceAccountUserPrefix.length).split(':');
  return namespace !== '' && name !== '' && rest.length === 0 ? { namespace, name } : undefined;
}
