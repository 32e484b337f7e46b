import type { ControllerRevision } from '../../gen/types/apps-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { immutable } from '../../validation/values.ts';
import { nonNegative } from '../../validation/values.ts';
import { required } from '../../validation/field-error.ts';

export const controllerRevision = defineKind<ControllerRevision>({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  namespaced: true,
  storageVersionHash: '85nkx63pcBU=',
  validate: (object) => [...(object.data === undefined ? [required('data', 'data is mandatory')] : []), ...nonNegative(object.revision, 'revision')],
  validateUpdate: (object, old) => immutable(object.data, old.data, 'data'),
  columns: [nameColumn, column('Controller'), column('Revision'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', controllerText(object), object.revision ?? 0, age(object, now)],
});

/** `daemonset.apps/name` of the owner that controls it. */
function controllerText(object: ControllerRevision): string {
  const owner = (object.metadata.ownerReferences ?? []).find((o) => o.controller === true);
  if (owner === undefined) return '<none>';
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0] ?? ''}` : '';
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}
