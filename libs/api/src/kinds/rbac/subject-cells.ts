import type { Subject } from '../../gen/types/rbac-v1.ts';

/** Users, groups and service accounts of a binding, as its wide columns show them. */
export function subjectCells(subjects: readonly Subject[] | undefined): [string, string, string] {
  const names = (kind: string): Subject[] => (subjects ?? []).filter((s) => s.kind === kind);
  return [
    names('User').map((s) => s.name).join(', '),
    names('Group').map((s) => s.name).join(', '),
    names('ServiceAccount').map((s) => `${s.namespace ?? ''}/${s.name}`).join(', '),
  ];
}
