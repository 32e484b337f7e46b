import { deviceClaims } from './device-claims.ts';
import type { QuotaEvaluator } from './evaluator.ts';
import { objectCount } from './object-count.ts';
import { pods } from './pods.ts';
import { services } from './services.ts';
import { volumeClaims } from './volume-claims.ts';

const special: ReadonlyMap<string, QuotaEvaluator> = new Map([pods, services, volumeClaims, deviceClaims].map((evaluator) => [`${evaluator.group}/${evaluator.resource}`, evaluator]));
/** What is not stored, and events, which never were counted. */
const ignored: ReadonlySet<string> = new Set(['/events', 'events.k8s.io/events', '/bindings', '/componentstatuses']);
const ignoredGroups: ReadonlySet<string> = new Set(['authentication.k8s.io', 'authorization.k8s.io']);

/** How objects of a namespaced resource are counted; undefined for those that are not. */
export function evaluatorOf(group: string, resource: string): QuotaEvaluator | undefined {
  const id = `${group}/${resource}`;
  if (ignored.has(id) || ignoredGroups.has(group)) return undefined;
  return special.get(id) ?? objectCount(group, resource);
}
