import type { UserInfo } from '../ports/types.ts';

/** As whom the apiserver writes what nobody asked it for: namespaces, roles, its own Service. */
export const ownUser: UserInfo = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };
