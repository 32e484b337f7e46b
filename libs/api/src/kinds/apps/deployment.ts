import type { Deployment } from '../../gen/types/apps-v1.ts';
import { formatLabelSelector } from '../../selectors/label-selector.ts';
import { age, ageColumn, column, nameColumn, wide } from '../columns.ts';
import { containerCells } from '../container-cells.ts';
import { defineKind, scaleSubresource } from '../define-kind.ts';
import { workloadWarnings } from '../warnings/pod-spec.ts';
import { setPodSpecDefaults } from '../pod-spec-defaults.ts';
import { validateDeployment, validateSelectorUpdate } from './validation.ts';
import { validateDeploymentStatus } from './status-validation.ts';

export const deployment = defineKind<Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  namespaced: true,
  subresources: [scaleSubresource],
  status: true,
  // Annotations are handed on to the sets, so that whoever follows the generation must see them change.
  generationFields: ['spec', 'metadata.annotations'],
  storageVersionHash: '8aSe+NMegvE=',
  setDefaults(object) {
    setPodSpecDefaults(object.spec.template?.spec);
    const { strategy } = object.spec;
    if (strategy?.type === 'RollingUpdate') strategy.rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%', ...strategy.rollingUpdate };
  },
  prepareForStatusUpdate(object, old) {
    if (old.metadata.labels === undefined) delete object.metadata.labels;
    else object.metadata.labels = { ...old.metadata.labels };
  },
  validate: validateDeployment,
  validateUpdate: validateSelectorUpdate,
  validateStatusUpdate: validateDeploymentStatus,
  warnings: ({ metadata, spec }, old) => workloadWarnings(metadata, spec.template, old?.metadata),
  columns: [nameColumn, column('Ready'), column('Up-to-date'), column('Available'), ageColumn, wide('Containers'), wide('Images'), wide('Selector')],
  cells: (object, now) => [object.metadata.name ?? '', `${object.status?.readyReplicas ?? 0}/${object.spec.replicas ?? 0}`, object.status?.updatedReplicas ?? 0, object.status?.availableReplicas ?? 0, age(object, now), ...containerCells(object.spec.template?.spec), formatLabelSelector(object.spec.selector)],
});
