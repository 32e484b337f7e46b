import type { Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from '@rhythm/api/types/core-v1';
import type { FilterPlugin, ScorePlugin } from './plugin.ts';

/** `spec.nodeSelector` and required node affinity (kube-scheduler NodeAffinity). */
export const nodeAffinity: FilterPlugin = {
  name: 'NodeAffinity',
  filter(pod, info) {
    const labels = info.node.metadata.labels ?? {};
    const selected = Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
    const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    return selected && (required === undefined || matchesSelector(required, info.node)) ? [] : ["node(s) didn't match Pod's node affinity/selector"];
  },
};

/** Preferred node affinity: the share of the weights whose terms match. */
export const preferredNodeAffinity: ScorePlugin = {
  name: 'NodeAffinity',
  weight: 2,
  score(pod, info) {
    const terms = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const total = terms.reduce((sum, term) => sum + term.weight, 0);
    if (total === 0) return 0;
    return (100 * terms.filter((term) => matchesTerm(term.preference, info.node)).reduce((sum, term) => sum + term.weight, 0)) / total;
  },
};

/** Terms are alternatives; a selector without terms matches nothing. */
export function matchesSelector(selector: NodeSelector, node: Node): boolean {
  return selector.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

/** All requirements of a term must hold; a term without any matches nothing. */
function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length + fields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  const byName = { 'metadata.name': node.metadata.name ?? '' };
  return expressions.every((r) => holds(r, labels)) && fields.every((r) => holds(r, byName));
}

function holds(requirement: NodeSelectorRequirement, values: Readonly<Record<string, string>>): boolean {
  const present = Object.hasOwn(values, requirement.key);
  const value = present ? (values[requirement.key] ?? '') : '';
  const wanted = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
      return present && wanted.includes(value);
    case 'NotIn':
      return !present || !wanted.includes(value);
    case 'Exists':
      return present;
    case 'DoesNotExist':
      return !present;
    case 'Gt':
      return present && isInteger(value) && BigInt(value) > BigInt(wanted[0] ?? '');
    case 'Lt':
      return present && isInteger(value) && BigInt(value) < BigInt(wanted[0] ?? '');
    default:
      return false;
  }
}

const isInteger = (text: string): boolean => /^-?\d+$/.test(text);
