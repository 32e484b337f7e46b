import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '@rhythm/api/types/rbac-v1';
import type { ObjectReader } from '../../ports/types.ts';
import type { ResourceChanges } from '../ports.ts';
import { SubjectIndex } from './subject-index.ts';

export const rbacGroup = 'rbac.authorization.k8s.io';
const watched = ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'] as const;

/** The subject index of the objects as they are now: rebuilt on the first use after a change, by one reader for all waiting. */
export class LiveSubjectIndex {
  readonly #reader: ObjectReader;
  readonly #stops: Array<() => void>;
  #index: SubjectIndex | undefined;
  #building: Promise<SubjectIndex> | undefined;

  constructor(reader: ObjectReader, changes: ResourceChanges) {
    this.#reader = reader;
    this.#stops = watched.map((resource) =>
      changes.onChange(rbacGroup, resource, () => {
        this.#index = undefined;
        this.#building = undefined;
      }),
    );
  }

  /** Rejects when the objects cannot be read; the request is then refused, never allowed. */
  current(): Promise<SubjectIndex> | SubjectIndex {
    if (this.#index !== undefined) return this.#index;
    const building = (this.#building ??= this.#build());
    return building.then(
      (index) => {
        // A change during the build cleared `#building`: this index serves those who waited, and nobody after.
        if (this.#building === building) {
          this.#index = index;
          this.#building = undefined;
        }
        return index;
      },
      (error: unknown) => {
        if (this.#building === building) this.#building = undefined;
        throw error;
      },
    );
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  async #build(): Promise<SubjectIndex> {
    const reader = this.#reader;
    const [roles, roleBindings, clusterRoles, clusterRoleBindings] = await Promise.all([
      reader.list<Role>(rbacGroup, 'roles', ''),
      reader.list<RoleBinding>(rbacGroup, 'rolebindings', ''),
      reader.list<ClusterRole>(rbacGroup, 'clusterroles', ''),
      reader.list<ClusterRoleBinding>(rbacGroup, 'clusterrolebindings', ''),
    ]);
    return new SubjectIndex({ roles, roleBindings, clusterRoles, clusterRoleBindings });
  }
}
