import type { ReplicationController } from '../../gen/types/core-v1.ts';
import { age, ageColumn, column, labelsText, nameColumn, wide } from '../columns.ts';
import { containerCells } from '../container-cells.ts';
import { defineKind, scaleSubresource } from '../define-kind.ts';
import { workloadWarnings } from '../warnings/pod-spec.ts';
import { setPodSpecDefaults } from '../pod-spec-defaults.ts';
import { validateReplicationController } from './replication-validation.ts';

export const replicationController = defineKind<ReplicationController>({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  shortNames: ['rc'],
  categories: ['all'],
  namespaced: true,
  subresources: [scaleSubresource],
  status: true,
  generationFields: ['spec'],
  storageVersionHash: 'Jond2If31h0=',
  storagePrefix: 'controllers',
  setDefaults(object) {
    const { template } = object.spec;
    setPodSpecDefaults(template?.spec);
    const labels = template?.metadata?.labels;
    if (labels === undefined) return;
    if (Object.keys(object.spec.selector ?? {}).length === 0) object.spec.selector = { ...labels };
    if (Object.keys(object.metadata.labels ?? {}).length === 0) object.metadata.labels = { ...labels };
  },
  selectableFields: (object) => ({ 'status.replicas': String(object.status?.replicas ?? 0) }),
  validate: validateReplicationController,
  warnings: ({ metadata, spec }, old) => workloadWarnings(metadata, spec.template, old?.metadata),
  columns: [nameColumn, column('Desired', 'integer'), column('Current', 'integer'), column('Ready', 'integer'), ageColumn, wide('Containers'), wide('Images'), wide('Selector')],
  cells: (object, now) => [object.metadata.name ?? '', object.spec.replicas ?? 0, object.status?.replicas ?? 0, object.status?.readyReplicas ?? 0, age(object, now), ...containerCells(object.spec.template?.spec), labelsText(object.spec.selector)],
});
