import type { Instant } from '@rhythm/base';
import type { DaemonSet } from '../../gen/types/apps-v1.ts';
import { formatLabelSelector } from '../../selectors/label-selector.ts';
import { age, ageColumn, column, labelsText, nameColumn, wide } from '../columns.ts';
import { containerCells } from '../container-cells.ts';
import { defineKind } from '../define-kind.ts';
import { templateWarnings } from '../warnings/pod-spec.ts';
import type { Cell } from '../kind.ts';
import { setPodSpecDefaults } from '../pod-spec-defaults.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';
import { validateDaemonSet, validateSelectorUpdate } from './validation.ts';
import { validateDaemonSetStatus } from './status-validation.ts';

export const daemonSet = defineKind<DaemonSet>({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  shortNames: ['ds'],
  categories: ['all'],
  namespaced: true,
  status: true,
  generationFields: ['spec'],
  storageVersionHash: 'dd7pWHUlMKQ=',
  setDefaults(object) {
    setPodSpecDefaults(object.spec.template?.spec);
    const strategy = object.spec.updateStrategy;
    if (strategy?.type === 'RollingUpdate') strategy.rollingUpdate = { maxUnavailable: 1, maxSurge: 0, ...strategy.rollingUpdate };
  },
  prepareForCreate: (object) => setTemplateGeneration(object, 1),
  prepareForUpdate(object, old) {
    const before = Number(old.metadata.annotations?.[templateGeneration] ?? 0);
    setTemplateGeneration(object, semanticEqual(object.spec.template, old.spec.template) ? before : before + 1);
  },
  validate: validateDaemonSet,
  validateUpdate: validateSelectorUpdate,
  validateStatusUpdate: validateDaemonSetStatus,
  warnings: ({ metadata, spec }, old) => templateWarnings(metadata, spec.template, old?.metadata),
  columns: [nameColumn, column('Desired', 'integer'), column('Current', 'integer'), column('Ready', 'integer'), column('Up-to-date', 'integer'), column('Available', 'integer'), column('Node Selector'), ageColumn, wide('Containers'), wide('Images'), wide('Selector')],
  cells: (object, now) => daemonSetCells(object, now),
});

function daemonSetCells(object: DaemonSet, now: Instant): Cell[] {
  const { status, spec } = object;
  return [
    object.metadata.name ?? '',
    status?.desiredNumberScheduled ?? 0,
    status?.currentNumberScheduled ?? 0,
    status?.numberReady ?? 0,
    status?.updatedNumberScheduled ?? 0,
    status?.numberAvailable ?? 0,
    labelsText(spec.template?.spec?.nodeSelector),
    age(object, now),
    ...containerCells(spec.template?.spec),
    formatLabelSelector(spec.selector),
  ];
}

/** Counts changes of the template; older clients and controllers read it. */
const templateGeneration = 'deprecated.daemonset.template.generation';

function setTemplateGeneration(object: DaemonSet, generation: number): void {
  object.metadata.annotations = { ...object.metadata.annotations, [templateGeneration]: String(generation) };
}
