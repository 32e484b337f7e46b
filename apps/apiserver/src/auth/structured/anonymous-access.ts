import { isOpenPath } from '../anonymous.ts';
import type { AnonymousConfig } from './authentication-configuration.ts';

/** Whether callers without a credential may come to a path; `undefined` for `path`: to objects. Paths are meant exactly, as Kubernetes does. */
export function isAnonymousAllowed(config: AnonymousConfig | undefined, path: string | undefined, byDefault: readonly string[]): boolean {
  if (config === undefined) return path !== undefined && isOpenPath(path, byDefault);
  if (!config.enabled) return false;
  return config.paths.length === 0 || (path !== undefined && config.paths.includes(path));
}
