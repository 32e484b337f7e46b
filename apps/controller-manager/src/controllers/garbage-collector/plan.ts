import type { GraphNode } from './graph.ts';

export const orphanFinalizer = 'orphan';
export const foregroundFinalizer = 'foregroundDeletion';

export type Propagation = 'Orphan' | 'Background' | 'Foreground';

/** What is known of one owner: `waiting` means that it is being deleted in the foreground and this dependent blocks it. */
export type OwnerState = 'solid' | 'absent' | 'waiting' | 'unknown';

export type CollectAction =
  | { readonly kind: 'none' }
  /** All owners are gone or want to go. */
  | { readonly kind: 'delete'; readonly propagation: Propagation }
  /** The same for one that waits for what waits for it: it blocks its owners no longer. */
  | { readonly kind: 'delete-unblocked' }
  /** Some owners are gone, others stay. */
  | { readonly kind: 'drop-owners'; readonly uids: readonly string[] }
  /** The object goes, its dependents stay. */
  | { readonly kind: 'orphan-dependents'; readonly dependents: readonly GraphNode[] }
  /** The object waits for these; none: its finalizer can be taken off. */
  | { readonly kind: 'foreground'; readonly blocking: readonly GraphNode[] };

/**
 * What the garbage collector does with one object (kube-controller-manager's attemptToDeleteItem and attemptToOrphan).
 * An owner of which nothing is known keeps its dependents: deleting is the one thing that cannot be taken back.
 * `dependents` is asked for only where it matters: a ReplicaSet is looked at for each of its pods that is deleted.
 */
export function planCollect(node: GraphNode, owners: readonly OwnerState[], dependents: () => readonly GraphNode[]): CollectAction {
  if (node.deleting && node.finalizers.includes(orphanFinalizer)) return { kind: 'orphan-dependents', dependents: dependents() };
  if (node.deleting && node.finalizers.includes(foregroundFinalizer)) return { kind: 'foreground', blocking: dependents().filter((d) => blocks(d, node.uid)) };
  if (node.deleting || owners.length === 0) return { kind: 'none' };
  const stay = owners.some((state) => state === 'solid' || state === 'unknown');
  const leaving = node.owners.filter((_owner, i) => owners[i] === 'absent' || owners[i] === 'waiting').map((owner) => owner.uid);
  if (stay) return leaving.length === 0 ? { kind: 'none' } : { kind: 'drop-owners', uids: leaving };
  const propagation = propagationOf(node, owners, dependents);
  const isCircle = propagation === 'Foreground' && owners.includes('waiting') && dependents().some((dependent) => dependent.deleting && dependent.finalizers.includes(foregroundFinalizer));
  return isCircle ? { kind: 'delete-unblocked' } : { kind: 'delete', propagation };
}

/** Whether `dependent` holds up the foreground deletion of the owner with this uid. */
export function blocks(dependent: GraphNode, ownerUid: string): boolean {
  return dependent.owners.some((owner) => owner.uid === ownerUid && owner.blockOwnerDeletion === true);
}

function propagationOf(node: GraphNode, owners: readonly OwnerState[], dependents: () => readonly GraphNode[]): Propagation {
  if (owners.includes('waiting') && dependents().length > 0) return 'Foreground';
  if (node.finalizers.includes(orphanFinalizer)) return 'Orphan';
  return node.finalizers.includes(foregroundFinalizer) ? 'Foreground' : 'Background';
}
