import type { Namespace } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { invalidValue } from '../../validation/field-error.ts';
import { checkDns1123Label } from '../../validation/names.ts';
import { validateFinalizers } from '../../validation/object-meta.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind, subresource } from '../define-kind.ts';

/** Held until the namespace is empty. */
const finalizer = 'kubernetes';
const nameLabel = 'kubernetes.io/metadata.name';

export const namespace = defineKind<Namespace>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  namespaced: false,
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: [subresource('finalize', 'Namespace', { group: '', version: 'v1' }, ['update'])],
  status: true,
  storageVersionHash: 'Q3oi5N2YM8M=',
  setDefaults: labelWithName,
  prepareForCreate(object) {
    object.status = { phase: 'Active' };
    object.spec ??= {};
    const finalizers = object.spec.finalizers ?? [];
    if (!finalizers.includes(finalizer)) object.spec.finalizers = [...finalizers, finalizer];
    labelWithName(object);
  },
  prepareForUpdate(object, old) {
    // Finalizers of the namespace go through its own subresource.
    object.spec = structuredClone(old.spec);
    labelWithName(object);
  },
  checkName: checkDns1123Label,
  validate: (object) => validateFinalizers(object.spec?.finalizers, 'spec.finalizers'),
  validateStatusUpdate: validatePhase,
  columns: [nameColumn, column('Status'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', object.status?.phase ?? '', age(object, now)],
  selectableFields: (object) => ({ 'status.phase': object.status?.phase ?? '', name: object.metadata.name ?? '' }),
});

/** A namespace ends if, and only if, its deletion was asked for. The path is upstream's own. */
function validatePhase({ metadata, status }: Namespace): FieldError[] {
  const phase = status?.phase ?? '';
  const ends = metadata.deletionTimestamp !== undefined;
  if (phase === (ends ? 'Terminating' : 'Active')) return [];
  return [invalidValue('status.Phase', phase, ends ? "may only be 'Terminating' if `deletionTimestamp` is not empty" : "may only be 'Active' if `deletionTimestamp` is empty")];
}

function labelWithName(object: Namespace): void {
  const name = object.metadata.name ?? '';
  if (name !== '') object.metadata.labels = { ...object.metadata.labels, [nameLabel]: name };
}
