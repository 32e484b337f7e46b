import type { ReplicaSet } from '../../gen/types/apps-v1.ts';
import { formatLabelSelector } from '../../selectors/label-selector.ts';
import { age, ageColumn, column, nameColumn, wide } from '../columns.ts';
import { containerCells } from '../container-cells.ts';
import { defineKind, scaleSubresource } from '../define-kind.ts';
import { workloadWarnings } from '../warnings/pod-spec.ts';
import { setPodSpecDefaults } from '../pod-spec-defaults.ts';
import { validateReplicaSet, validateSelectorUpdate } from './validation.ts';
import { validateReplicaSetStatus } from './status-validation.ts';

export const replicaSet = defineKind<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  namespaced: true,
  subresources: [scaleSubresource],
  status: true,
  generationFields: ['spec'],
  storageVersionHash: 'P1RzHs8/mWQ=',
  setDefaults: (object) => setPodSpecDefaults(object.spec.template?.spec),
  selectableFields: (object) => ({ 'status.replicas': String(object.status?.replicas ?? 0) }),
  validate: validateReplicaSet,
  validateUpdate: validateSelectorUpdate,
  validateStatusUpdate: validateReplicaSetStatus,
  warnings: ({ metadata, spec }, old) => workloadWarnings(metadata, spec.template, old?.metadata),
  columns: [nameColumn, column('Desired', 'integer'), column('Current', 'integer'), column('Ready', 'integer'), ageColumn, wide('Containers'), wide('Images'), wide('Selector')],
  cells: (object, now) => [object.metadata.name ?? '', object.spec.replicas ?? 0, object.status?.replicas ?? 0, object.status?.readyReplicas ?? 0, age(object, now), ...containerCells(object.spec.template?.spec), formatLabelSelector(object.spec.selector)],
});
