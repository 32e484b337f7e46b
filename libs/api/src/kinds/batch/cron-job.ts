import type { Instant } from '@rhythm/base';
import type { CronJob } from '../../gen/types/batch-v1.ts';
import { formatLabelSelector } from '../../selectors/label-selector.ts';
import { age, ageColumn, column, nameColumn, orNone, since, wide } from '../columns.ts';
import { containerCells } from '../container-cells.ts';
import { defineKind } from '../define-kind.ts';
import { workloadWarnings } from '../warnings/pod-spec.ts';
import type { Cell } from '../kind.ts';
import { setPodSpecDefaults } from '../pod-spec-defaults.ts';
import { validateCronJob } from './validation.ts';

export const cronJob = defineKind<CronJob>({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  shortNames: ['cj'],
  categories: ['all'],
  namespaced: true,
  status: true,
  generationFields: ['spec'],
  storageVersionHash: 'sd5LIXh4Fjs=',
  setDefaults: (object) => setPodSpecDefaults(object.spec.jobTemplate?.spec?.template?.spec),
  validate: validateCronJob,
  warnings: ({ metadata, spec }, old) => [
    ...workloadWarnings(metadata, spec.jobTemplate?.spec?.template, old?.metadata, 'spec.jobTemplate.spec.template'),
    ...(old !== undefined && spec.schedule.includes('TZ') ? ['cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details'] : []),
  ],
  columns: [nameColumn, column('Schedule'), column('Timezone'), column('Suspend', 'boolean'), column('Active', 'integer'), column('Last Schedule'), ageColumn, wide('Containers'), wide('Images'), wide('Selector')],
  cells: (object, now) => cronJobCells(object, now),
});

function cronJobCells(object: CronJob, now: Instant): Cell[] {
  const { spec, status } = object;
  const last = status?.lastScheduleTime;
  return [
    object.metadata.name ?? '',
    spec.schedule ?? '',
    orNone(spec.timeZone),
    spec.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False',
    (status?.active ?? []).length,
    last === undefined ? '<none>' : since(last, now),
    age(object, now),
    ...containerCells(spec.jobTemplate?.spec?.template?.spec),
    formatLabelSelector(spec.jobTemplate?.spec?.selector),
  ];
}
