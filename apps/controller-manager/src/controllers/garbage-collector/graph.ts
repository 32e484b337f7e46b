import type { KubeObject, TypedResource } from '@rhythm/api';
import type { OwnerReference } from '@rhythm/api/types/meta-v1';

/** One object as the collector sees it. */
export interface GraphNode {
  readonly uid: string;
  readonly resource: TypedResource;
  readonly namespace: string;
  readonly name: string;
  readonly owners: readonly OwnerReference[];
  readonly finalizers: readonly string[];
  readonly deleting: boolean;
}

/** Who owns whom, from the informers of every kind. */
export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #dependents = new Map<string, Set<string>>();

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  /** The objects that name `uid` as an owner. */
  dependentsOf(uid: string): readonly GraphNode[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap((dependent) => this.#nodes.get(dependent) ?? []);
  }

  set(resource: TypedResource, object: KubeObject): GraphNode {
    const node = nodeOf(resource, object);
    this.#unlink(node.uid);
    this.#nodes.set(node.uid, node);
    for (const owner of node.owners) {
      const set = this.#dependents.get(owner.uid) ?? new Set<string>();
      this.#dependents.set(owner.uid, set.add(node.uid));
    }
    return node;
  }

  delete(uid: string): void {
    this.#unlink(uid);
    this.#nodes.delete(uid);
  }

  #unlink(uid: string): void {
    for (const owner of this.#nodes.get(uid)?.owners ?? []) {
      const set = this.#dependents.get(owner.uid);
      set?.delete(uid);
      if (set?.size === 0) this.#dependents.delete(owner.uid);
    }
  }
}

export function nodeOf(resource: TypedResource, object: KubeObject): GraphNode {
  const { uid = '', namespace = '', name = '', ownerReferences = [], finalizers = [], deletionTimestamp } = object.metadata;
  return { uid, resource, namespace, name, owners: ownerReferences, finalizers, deleting: deletionTimestamp !== undefined };
}
