import { parseTime } from '@rhythm/base';
import type { Instant } from '@rhythm/base';
import type { Job } from '../../gen/types/batch-v1.ts';
import { formatLabelSelector } from '../../selectors/label-selector.ts';
import { age, ageColumn, column, nameColumn, wide } from '../columns.ts';
import { containerCells } from '../container-cells.ts';
import { defineKind } from '../define-kind.ts';
import { jobWarnings } from '../warnings/others.ts';
import { workloadWarnings } from '../warnings/pod-spec.ts';
import { humanDuration } from '../human-duration.ts';
import { prepareJobForCreate, setJobDefaults } from './job-strategy.ts';
import { validateJobStatus } from './job-status.ts';
import { validateJob, validateJobUpdate } from './validation.ts';

export const job = defineKind<Job>({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  categories: ['all'],
  namespaced: true,
  status: true,
  generationFields: ['spec'],
  storageVersionHash: 'mudhfqk/qZY=',
  selectableFields: (object) => ({ 'status.successful': String(object.status?.succeeded ?? 0) }),
  setDefaults: setJobDefaults,
  prepareForCreate: prepareJobForCreate,
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  validateStatusUpdate: validateJobStatus,
  warnings: ({ metadata, spec }, old) => [...(old?.metadata.generation === metadata.generation && old !== undefined ? [] : jobWarnings(spec, 'spec')), ...workloadWarnings(metadata, spec.template, old?.metadata)],
  columns: [nameColumn, column('Status'), column('Completions'), column('Duration'), ageColumn, wide('Containers'), wide('Images'), wide('Selector')],
  cells: (object, now) => [object.metadata.name ?? '', jobStatus(object), jobCompletions(object), jobDuration(object, now), age(object, now), ...containerCells(object.spec.template?.spec), formatLabelSelector(object.spec.selector)],
});

function jobStatus(object: Job): string {
  const holds = (type: string): boolean => (object.status?.conditions ?? []).some((c) => c.type === type && c.status === 'True');
  if (holds('Complete')) return 'Complete';
  if (holds('Failed')) return 'Failed';
  if (object.metadata.deletionTimestamp !== undefined) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(holds) ?? 'Running';
}

function jobCompletions(object: Job): string {
  const succeeded = object.status?.succeeded ?? 0;
  const { completions, parallelism = 0 } = object.spec;
  if (completions !== undefined) return `${succeeded}/${completions}`;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration(object: Job, now: Instant): string {
  const start = parseTime(object.status?.startTime ?? '');
  if (start === undefined) return '';
  return humanDuration((parseTime(object.status?.completionTime ?? '') ?? now) - start);
}
