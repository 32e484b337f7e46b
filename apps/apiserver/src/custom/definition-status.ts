import { withCondition } from '@rhythm/api';
import type { CustomResourceDefinition, CustomResourceDefinitionCondition, CustomResourceDefinitionNames, CustomResourceDefinitionStatus } from '@rhythm/api/types/apiextensions-v1';
import type { Instant } from '@rhythm/base';

/** The names that other definitions of the same group, or built-in kinds, have already. */
export interface TakenNames {
  /** Plural, singular and short names. */
  readonly resources: ReadonlySet<string>;
  /** Kinds and list kinds. */
  readonly kinds: ReadonlySet<string>;
}

/** The names that a definition holds in its group. */
export function namesHeld(status: CustomResourceDefinitionStatus | undefined): { readonly resources: readonly string[]; readonly kinds: readonly string[] } {
  const names = status?.acceptedNames;
  const present = (all: ReadonlyArray<string | undefined>): string[] => all.filter((name) => name !== undefined && name !== '') as string[];
  return { resources: present([names?.plural, names?.singular, ...(names?.shortNames ?? [])]), kinds: present([names?.kind, names?.listKind]) };
}

/** The status of a definition: the names it may have, and whether it is served (kube-apiserver's naming and establishing controllers). */
export function definitionStatus(definition: CustomResourceDefinition, taken: TakenNames, now: Instant): CustomResourceDefinitionStatus {
  const { spec, status } = definition;
  const { names, conflict } = acceptNames(spec.names, status?.acceptedNames, taken);
  let conditions = [...(status?.conditions ?? [])];
  const set = (type: string, holds: boolean, reason: string, message: string): void => {
    conditions = withCondition(conditions, { type, status: holds ? 'True' : 'False', reason, message }, now);
  };
  if (conflict === undefined) set('NamesAccepted', true, 'NoConflicts', 'no conflicts found');
  else set('NamesAccepted', false, conflict.reason, conflict.message);
  // What is served goes on being served: names that it asks for later it may not get.
  if (conflict === undefined) set('Established', true, 'InitialNamesAccepted', 'the initial names have been accepted');
  else if (!isTrue(conditions, 'Established')) set('Established', false, 'NotAccepted', 'not all names are accepted');
  return { conditions, acceptedNames: names, storedVersions: status?.storedVersions ?? [] };
}

export function isTrue(conditions: readonly CustomResourceDefinitionCondition[] | undefined, type: string): boolean {
  return (conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');
}

interface Accepted {
  readonly names: CustomResourceDefinitionNames;
  readonly conflict: { readonly reason: string; readonly message: string } | undefined;
}

/** Each name that is free, or was ours; the last one that is not makes the condition. */
function acceptNames(wanted: CustomResourceDefinitionNames, held: CustomResourceDefinitionNames | undefined, taken: TakenNames): Accepted {
  let conflict: Accepted['conflict'];
  const free = (name: string | undefined, of: ReadonlySet<string>, reason: string, before: string | undefined): string | undefined => {
    if (name === undefined || name === before || !of.has(name)) return name;
    conflict = { reason, message: `${JSON.stringify(name)} is already in use` };
    return before;
  };
  const names: CustomResourceDefinitionNames = {
    plural: free(wanted.plural, taken.resources, 'PluralConflict', held?.plural) ?? '',
    singular: free(wanted.singular, taken.resources, 'SingularConflict', held?.singular),
    shortNames: acceptShort(wanted.shortNames, held?.shortNames, taken, (message) => (conflict = { reason: 'ShortNamesConflict', message })),
    kind: free(wanted.kind, taken.kinds, 'KindConflict', held?.kind) ?? '',
    listKind: free(wanted.listKind, taken.kinds, 'ListKindConflict', held?.listKind),
    categories: wanted.categories,
  };
  return { names: Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined)) as unknown as CustomResourceDefinitionNames, conflict };
}

function acceptShort(wanted: readonly string[] | undefined, held: string[] | undefined, taken: TakenNames, refuse: (message: string) => void): string[] | undefined {
  const used = (wanted ?? []).filter((name) => taken.resources.has(name) && held?.includes(name) !== true);
  if (used.length === 0) return wanted === undefined ? undefined : [...wanted];
  refuse(used.map((name) => `${JSON.stringify(name)} is already in use`).join(', '));
  return held;
}
