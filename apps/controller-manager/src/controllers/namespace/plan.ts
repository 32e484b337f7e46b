import { withCondition } from '@rhythm/api';
import type { Namespace, NamespaceCondition } from '@rhythm/api/types/core-v1';
import type { Instant } from '@rhythm/base';

export const namespaceFinalizer = 'kubernetes';

/** What one kind has left in a namespace. */
export interface Remaining {
  /** `pods`, `deployments.apps`. */
  readonly resource: string;
  readonly count: number;
  /** Finalizers that hold objects, with how many each holds. */
  readonly finalizers: Readonly<Record<string, number>>;
}

/** Why a kind's objects could not be listed or deleted. */
export interface ContentFailure {
  readonly resource: string;
  readonly message: string;
}

/** The conditions of a namespace on its way out: they name what blocks it. `undiscovered`: group versions whose server does not say what it has. */
export function terminatingConditions(namespace: Namespace, remaining: readonly Remaining[], failures: readonly ContentFailure[], now: Instant, undiscovered: ReadonlyArray<{ readonly groupVersion: string; readonly message: string }> = []): NamespaceCondition[] {
  const counts = remaining.filter((r) => r.count > 0).map((r) => `${r.resource} has ${r.count} resource instances`);
  const held = new Map<string, number>();
  for (const { finalizers } of remaining) for (const [name, count] of Object.entries(finalizers)) held.set(name, (held.get(name) ?? 0) + count);
  const finalizers = [...held].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${name} in ${count} resource instances`);
  const failed = failures.map((f) => `${f.resource}: ${f.message}`).join('; ');
  const rows: readonly [type: string, bad: boolean, reason: string, message: string, good: readonly [reason: string, message: string]][] = [
    ['NamespaceDeletionDiscoveryFailure', undiscovered.length > 0, 'DiscoveryFailed', `Discovery failed for some groups, ${undiscovered.length} failing: unable to retrieve the complete list of server APIs: ${undiscovered.map((u) => `${u.groupVersion}: ${u.message}`).join(', ')}`, ['ResourcesDiscovered', 'All resources successfully discovered']],
    ['NamespaceDeletionGroupVersionParsingFailure', false, '', '', ['ParsedGroupVersions', 'All legacy kube types successfully parsed']],
    ['NamespaceDeletionContentFailure', failures.length > 0, 'ContentDeletionFailed', `Failed to delete all resource types, ${failures.length} remaining: ${failed}`, ['ContentDeleted', 'All content successfully deleted, may be waiting on finalization']],
    ['NamespaceContentRemaining', counts.length > 0, 'SomeResourcesRemain', `Some resources are remaining: ${counts.join(', ')}`, ['ContentRemoved', 'All content successfully removed']],
    ['NamespaceFinalizersRemaining', finalizers.length > 0, 'SomeFinalizersRemain', `Some content in the namespace has finalizers remaining: ${finalizers.join(', ')}`, ['ContentHasNoFinalizers', 'All content-preserving finalizers finished']],
  ];
  let conditions: NamespaceCondition[] = [...(namespace.status.conditions ?? [])];
  for (const [type, bad, reason, message, [goodReason, goodMessage]] of rows) {
    const next = bad ? { type, status: 'True', reason, message } : { type, status: 'False', reason: goodReason, message: goodMessage };
    conditions = withCondition(conditions, next, now);
  }
  return conditions;
}
