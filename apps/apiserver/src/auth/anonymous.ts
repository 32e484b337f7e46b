import type { UserInfo } from '../ports/types.ts';
import { anonymousUserName, unauthenticatedGroup } from './groups.ts';

/** The paths that need no credential; everything else answers 401 without one (CIS 1.2.1). */
export const anonymousPathsByDefault: readonly string[] = ['/healthz', '/livez', '/readyz', '/version'];

export const anonymousUser: UserInfo = { name: anonymousUserName, groups: [unauthenticatedGroup] };

/** Whether `path` is one of `open` or lies below it (`/livez/etcd`). */
export function isOpenPath(path: string, open: readonly string[]): boolean {
  return open.some((allowed) => path === allowed || path.startsWith(`${allowed}/`));
}
