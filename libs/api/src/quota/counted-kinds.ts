import type { TypedResource } from '../resource.ts';
import { evaluatorOf } from './evaluators.ts';
import type { QuotaEvaluator } from './evaluator.ts';

export interface CountedKind {
  readonly resource: TypedResource;
  readonly evaluator: QuotaEvaluator;
}

/** Those of the namespaced kinds that a quota with these names counts, each once: of several versions the last. */
export function countedKinds(names: readonly string[], kinds: readonly TypedResource[]): CountedKind[] {
  const found = new Map<string, CountedKind>();
  for (const resource of kinds) {
    const id = `${resource.group}/${resource.resource}`;
    if (!resource.namespaced) continue;
    const evaluator = evaluatorOf(resource.group, resource.resource);
    if (evaluator !== undefined && names.some((name) => evaluator.matches(name))) found.set(id, { resource, evaluator });
  }
  return [...found.values()];
}
