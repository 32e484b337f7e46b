import { one } from './amounts.ts';
import { countName, type QuotaEvaluator } from './evaluator.ts';

/** Kinds that had a name of their own before everything could be counted. */
const shortNames: ReadonlySet<string> = new Set(['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets']);

/** Counts objects, whatever they are; in no scope. */
export function objectCount(group: string, resource: string): QuotaEvaluator {
  const names = [countName(group, resource), ...(group === '' && shortNames.has(resource) ? [resource] : [])];
  const usage = new Map(names.map((name) => [name, one]));
  return { group, resource, countsUpdate: () => false, matches: (name) => names.includes(name), matchesScope: () => false, usage: () => usage };
}
