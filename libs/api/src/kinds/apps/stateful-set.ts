import type { StatefulSet } from '../../gen/types/apps-v1.ts';
import { age, ageColumn, column, nameColumn, wide } from '../columns.ts';
import { containerCells } from '../container-cells.ts';
import { defineKind, scaleSubresource } from '../define-kind.ts';
import { templateWarnings } from '../warnings/pod-spec.ts';
import { setPodSpecDefaults } from '../pod-spec-defaults.ts';
import { validateStatefulSet, validateStatefulSetUpdate } from './validation.ts';
import { validateStatefulSetStatus } from './status-validation.ts';

export const statefulSet = defineKind<StatefulSet>({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  shortNames: ['sts'],
  categories: ['all'],
  namespaced: true,
  subresources: [scaleSubresource],
  status: true,
  generationFields: ['spec'],
  storageVersionHash: 'H+vl74LkKdo=',
  setDefaults(object) {
    setPodSpecDefaults(object.spec.template?.spec);
    const strategy = (object.spec.updateStrategy ??= {});
    if ((strategy.type ?? '') === '') {
      strategy.type = 'RollingUpdate';
      // Only who leaves the type out gets the numbers filled in.
      strategy.rollingUpdate ??= {};
    }
    if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate !== undefined) strategy.rollingUpdate = { partition: 0, maxUnavailable: 1, ...strategy.rollingUpdate };
    object.spec.persistentVolumeClaimRetentionPolicy = { whenDeleted: 'Retain', whenScaled: 'Retain', ...object.spec.persistentVolumeClaimRetentionPolicy };
    for (const claim of object.spec.volumeClaimTemplates ?? []) {
      claim.kind = 'PersistentVolumeClaim';
      claim.apiVersion = 'v1';
      claim.status = { phase: 'Pending', ...claim.status };
      if (claim.spec !== undefined) claim.spec.volumeMode ??= 'Filesystem';
    }
  },
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  validateStatusUpdate: validateStatefulSetStatus,
  warnings: ({ metadata, spec }, old) => templateWarnings(metadata, spec.template, old?.metadata),
  columns: [nameColumn, column('Ready'), ageColumn, wide('Containers'), wide('Images')],
  cells: (object, now) => [object.metadata.name ?? '', `${object.status?.readyReplicas ?? 0}/${object.spec.replicas ?? 0}`, age(object, now), ...containerCells(object.spec.template?.spec)],
});
