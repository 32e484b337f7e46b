import type { ConfigMap } from '../../gen/types/core-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validateConfigMap } from './data-validation.ts';

export const configMap = defineKind<ConfigMap>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  namespaced: true,
  storageVersionHash: 'qFsyl6wFWjQ=',
  validate: validateConfigMap,
  columns: [nameColumn, column('Data'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', Object.keys(object.data ?? {}).length + Object.keys(object.binaryData ?? {}).length, age(object, now)],
});
