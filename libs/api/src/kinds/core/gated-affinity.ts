import type { NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, invalidValue, ofEach } from '../../validation/field-error.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';

const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';

/** While gates hold a pod back, where it must run may only become narrower (KEP-3838): each term keeps what it asks for. */
export function validateGatedAffinity(spec: PodSpec, before: PodSpec): FieldError[] {
  const old = termsOf(before);
  if ((before.schedulingGates ?? []).length === 0 || old === undefined) return [];
  const terms = termsOf(spec) ?? [];
  if (terms.length !== old.length) return [invalidValue(path, terms, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')];
  return ofEach(terms, (term, i) => (isNarrower(term, old[i] ?? {}) ? [] : [invalidValue(at(path, i), term, 'only additions are allowed (no mutations or deletions)')]));
}

function termsOf({ affinity }: PodSpec): readonly NodeSelectorTerm[] | undefined {
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return terms === undefined || terms.length === 0 ? undefined : terms;
}

/** An empty term matches nothing, so that anything added to it would widen it. */
function isNarrower(term: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const wasEmpty = (old.matchExpressions ?? []).length === 0 && (old.matchFields ?? []).length === 0;
  if (wasEmpty) return semanticEqual(term, old);
  return startsWith(term.matchExpressions, old.matchExpressions) && startsWith(term.matchFields, old.matchFields);
}

function startsWith(list: readonly NodeSelectorRequirement[] = [], beginning: readonly NodeSelectorRequirement[] = []): boolean {
  return beginning.every((requirement, i) => semanticEqual(list[i], requirement));
}
