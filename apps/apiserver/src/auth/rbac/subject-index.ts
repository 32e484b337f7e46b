import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from '@rhythm/api/types/rbac-v1';
import type { UserInfo } from '../../ports/types.ts';
import { serviceAccountUserName } from '../groups.ts';

/** The rules that one binding gives to one subject. */
export interface Grant {
  readonly rules: readonly PolicyRule[];
  /** `RBAC: allowed by …`, for the audit line and for access reviews. */
  readonly reason: string;
}

interface SubjectGrants {
  readonly everywhere: Grant[];
  readonly inNamespace: Map<string, Grant[]>;
}

export interface RbacObjects {
  readonly roles: readonly Role[];
  readonly roleBindings: readonly RoleBinding[];
  readonly clusterRoles: readonly ClusterRole[];
  readonly clusterRoleBindings: readonly ClusterRoleBinding[];
}

/**
 * All grants by subject, built once per change of the four kinds, so that a request looks only at the bindings of
 * its own user and groups. A binding whose role does not exist grants nothing.
 */
export class SubjectIndex {
  readonly #subjects = new Map<string, SubjectGrants>();
  readonly #roles = new Map<string, readonly PolicyRule[]>();

  constructor(objects: RbacObjects) {
    for (const role of objects.clusterRoles) this.#roles.set(roleKey('ClusterRole', '', role.metadata.name ?? ''), role.rules ?? []);
    for (const role of objects.roles) this.#roles.set(roleKey('Role', role.metadata.namespace ?? '', role.metadata.name ?? ''), role.rules ?? []);
    for (const binding of objects.clusterRoleBindings) this.#add('ClusterRoleBinding', binding, '');
    for (const binding of objects.roleBindings) this.#add('RoleBinding', binding, binding.metadata.namespace ?? '');
  }

  /** The rules of a role that a binding in `namespace` refers to; `undefined` when there is none. */
  roleRules(ref: { readonly kind: string; readonly name: string }, namespace: string): readonly PolicyRule[] | undefined {
    if (ref.kind !== 'Role' && ref.kind !== 'ClusterRole') return undefined;
    if (ref.kind === 'Role' && namespace === '') return undefined;
    return this.#roles.get(roleKey(ref.kind, ref.kind === 'Role' ? namespace : '', ref.name));
  }

  /** Every grant of `user`: those of the cluster first, then those of `namespace` unless it is ''. */
  *grantsOf(user: UserInfo, namespace: string): Generator<Grant> {
    const found = [this.#subjects.get(`User:${user.name}`), ...user.groups.map((group) => this.#subjects.get(`Group:${group}`))];
    for (const subject of found) if (subject !== undefined) yield* subject.everywhere;
    if (namespace === '') return;
    for (const subject of found) yield* subject?.inNamespace.get(namespace) ?? [];
  }

  #add(kind: string, binding: RoleBinding | ClusterRoleBinding, namespace: string): void {
    // One stored object that is not whole grants nothing; it must not keep the others from being read.
    if (typeof binding.roleRef?.name !== 'string') return;
    const rules = this.roleRules(binding.roleRef, namespace);
    if (rules === undefined || rules.length === 0) return;
    const name = namespace === '' ? binding.metadata.name : `${binding.metadata.name}/${namespace}`;
    for (const subject of binding.subjects ?? []) {
      const key = subjectKey(subject, namespace);
      if (key === undefined) continue;
      const reason = `RBAC: allowed by ${kind} ${JSON.stringify(name)} of ${binding.roleRef.kind} ${JSON.stringify(binding.roleRef.name)} to ${subject.kind} ${JSON.stringify(subjectName(subject))}`;
      this.#grant(key, namespace, { rules, reason });
    }
  }

  #grant(key: string, namespace: string, grant: Grant): void {
    let subject = this.#subjects.get(key);
    if (subject === undefined) this.#subjects.set(key, (subject = { everywhere: [], inNamespace: new Map() }));
    if (namespace === '') {
      subject.everywhere.push(grant);
      return;
    }
    const grants = subject.inNamespace.get(namespace);
    if (grants === undefined) subject.inNamespace.set(namespace, [grant]);
    else grants.push(grant);
  }
}

function roleKey(kind: string, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}

function subjectKey(subject: Subject, bindingNamespace: string): string | undefined {
  if (typeof subject?.name !== 'string' || subject.name === '') return undefined;
  if (subject.kind === 'User' || subject.kind === 'Group') return `${subject.kind}:${subject.name}`;
  if (subject.kind !== 'ServiceAccount') return undefined;
  const namespace = (subject.namespace ?? '') === '' ? bindingNamespace : (subject.namespace ?? '');
  return namespace === '' ? undefined : `User:${serviceAccountUserName(namespace, subject.name)}`;
}

function subjectName(subject: Subject): string {
  return subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace ?? ''}` : subject.name;
}
