import { parseTime } from '@rhythm/base';
import type { Job, JobSpec, JobStatus } from '../../gen/types/batch-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, duplicate, invalidField, invalidValue, required, together } from '../../validation/field-error.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';
import { nonNegative } from '../../validation/values.ts';
import { countIndexes, sharedIndex } from './job-indexes.ts';

/*
 * What the controller of a job, which may be anybody's, may write to its status. What an update leaves as it was is not held against it:
 * most rules ask only about what has changed.
 */

const lasting = ['Failed', 'Complete', 'FailureTarget'] as const;
type Condition = (typeof lasting)[number] | 'SuccessCriteriaMet';
const conditionsPath = 'status.conditions';

/** A status and the one before it. */
interface Change {
  readonly spec: JobSpec;
  readonly now: JobStatus;
  readonly before: JobStatus;
  /** Whether any of some conditions has come or gone. */
  readonly moved: (...types: readonly Condition[]) => boolean;
  readonly changed: (...fields: readonly (keyof JobStatus)[]) => boolean;
}

/** What is counted is only counted up, and what has ended does not begin again. */
export function validateJobStatus({ spec, status: now = {} }: Pick<Job, 'spec'> & Partial<Job>, { status: before = {} }: Partial<Job>): FieldError[] {
  const change: Change = {
    spec, now, before,
    moved: (...types) => types.some((type) => holds(now, type) !== holds(before, type)),
    changed: (...fields) => fields.some((field) => !semanticEqual(now[field], before[field])),
  };
  return together(
    (['active', 'succeeded', 'failed', 'ready', 'terminating'] as const).flatMap((field) => nonNegative(now[field], `status.${field}`)),
    validateUncounted(now),
    validateEnd(change),
    validateFinished(change),
    validateIndexes(change),
    validateCounts(change),
    validateSuccess(change),
    validateProgress(change),
  );
}

function holds(status: JobStatus, type: Condition): boolean {
  return (status.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');
}

function isFinished(status: JobStatus): boolean {
  return holds(status, 'Complete') || holds(status, 'Failed');
}

function conditions(...details: readonly (string | false)[]): FieldError[] {
  return details.flatMap((detail) => (detail === false ? [] : [invalidField(conditionsPath, detail)]));
}

/** Pods that have ended and are not counted yet: each once. */
function validateUncounted({ uncountedTerminatedPods: pods }: JobStatus): FieldError[] {
  const seen = new Set<string>();
  return (['succeeded', 'failed'] as const).flatMap((list) => (pods?.[list] ?? []).flatMap((uid, i) => {
    const path = at(`status.uncountedTerminatedPods.${list}`, i);
    if (uid === '') return [invalidValue(path, uid, 'must not be empty')];
    if (seen.has(uid)) return [duplicate(path, uid)];
    seen.add(uid);
    return [];
  }));
}

/** How a job ends, and when it did. */
function validateEnd({ now, moved, changed }: Change): FieldError[] {
  const { completionTime, startTime } = now;
  const [complete, failed] = [holds(now, 'Complete'), holds(now, 'Failed')];
  const path = 'status.completionTime';
  const timed = moved('Complete') || changed('completionTime');
  const early = startTime !== undefined && completionTime !== undefined && (parseTime(completionTime) ?? 0) < (parseTime(startTime) ?? 0);
  return together(
    conditions(
      moved('Complete', 'Failed') && complete && failed && 'cannot set Complete=True and Failed=true conditions',
      moved('Complete', 'FailureTarget') && complete && holds(now, 'FailureTarget') && 'cannot set Complete=True and FailureTarget=true conditions',
    ),
    timed && completionTime !== undefined && !complete ? [invalidValue(path, completionTime, 'cannot set completionTime when there is no Complete=True condition')] : [],
    timed && completionTime === undefined && complete ? [required(path, 'completionTime is required for Complete jobs')] : [],
    changed('startTime', 'completionTime') && early ? [invalidValue(path, completionTime, 'completionTime cannot be set before startTime')] : [],
    conditions(
      moved('Failed', 'FailureTarget') && failed && !holds(now, 'FailureTarget') && 'cannot set Failed=True condition without the FailureTarget=true condition',
      moved('Complete', 'SuccessCriteriaMet') && complete && !holds(now, 'SuccessCriteriaMet') && 'cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
    ),
  );
}

/** A job that has ended has begun, runs nothing, and has counted all. */
function validateFinished({ now, before, changed }: Change): FieldError[] {
  if (!isFinished(now)) return [];
  const ended = !isFinished(before);
  const { active = 0, startTime, uncountedTerminatedPods: pods } = now;
  const uncounted = (pods?.succeeded ?? []).length + (pods?.failed ?? []).length;
  return [
    ...((ended || changed('active')) && active > 0 ? [invalidValue('status.active', active, 'active>0 is invalid for finished job')] : []),
    ...((ended || changed('startTime')) && startTime === undefined ? [required('status.startTime', 'startTime is required for finished job')] : []),
    ...((ended || changed('uncountedTerminatedPods')) && uncounted > 0
      ? [invalidValue('status.uncountedTerminatedPods', { Succeeded: pods?.succeeded ?? null, Failed: pods?.failed ?? null }, 'uncountedTerminatedPods needs to be empty for finished job')]
      : []),
  ];
}

function validateIndexes({ spec, now, changed }: Change): FieldError[] {
  const { completions, backoffLimitPerIndex: backoff } = spec;
  const { completedIndexes: completed = '', failedIndexes: failed } = now;
  const [completedPath, failedPath] = ['status.completedIndexes', 'status.failedIndexes'];
  const errors: FieldError[] = [];
  const parsed = (text: string, path: string): void => {
    const wrong = countIndexes(text, completions ?? 0);
    if (typeof wrong === 'string') errors.push(invalidValue(path, text, `error parsing ${path.slice('status.'.length)}: ${wrong}`));
  };
  const [completedMoved, failedMoved] = [changed('completedIndexes'), changed('failedIndexes')];
  if (completedMoved && completions !== undefined) parsed(completed, completedPath);
  if (failedMoved && completions !== undefined && backoff !== undefined && failed !== undefined) parsed(failed, failedPath);
  if (completedMoved && completed !== '' && spec.completionMode !== 'Indexed') errors.push(invalidValue(completedPath, completed, 'cannot set non-empty completedIndexes when non-indexed completion mode'));
  if (failedMoved && backoff === undefined && failed !== undefined) errors.push(invalidValue(failedPath, failed, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'));
  const shared = completions === undefined || failed === undefined || !(completedMoved || failedMoved) ? undefined : sharedIndex(completed, failed, completions);
  return shared === undefined ? errors : [...errors, invalidValue(failedPath, failed, `failedIndexes and completedIndexes overlap at index: ${shared}`)];
}

function validateCounts({ now, before, changed }: Change): FieldError[] {
  const { active = 0, ready, terminating = 0 } = now;
  const ended = isFinished(now) !== isFinished(before);
  return [
    ...((ended || changed('terminating')) && isFinished(now) && terminating > 0 ? [invalidValue('status.terminating', terminating, 'terminating>0 is invalid for finished job')] : []),
    ...(changed('ready', 'active') && ready !== undefined && ready > active ? [invalidValue('status.ready', ready, 'cannot set more ready pods than active')] : []),
  ];
}

function validateSuccess({ spec, now }: Change): FieldError[] {
  const met = holds(now, 'SuccessCriteriaMet');
  return conditions(
    met && holds(now, 'Failed') && 'cannot set SuccessCriteriaMet=True and Failed=true conditions',
    met && holds(now, 'FailureTarget') && 'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions',
    spec.successPolicy !== undefined && !met && holds(now, 'Complete') && 'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True',
  );
}

/** What goes only one way. Jobs whose completions may be scaled down may count fewer successes. */
function validateProgress({ spec, now, before, changed }: Change): FieldError[] {
  const elastic = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism;
  const fewer = (field: 'failed' | 'succeeded'): FieldError[] => ((now[field] ?? 0) < (before[field] ?? 0) ? [invalidValue(`status.${field}`, now[field] ?? 0, `cannot decrease the ${field} counter`)] : []);
  const moved = now.completionTime !== undefined && before.completionTime !== undefined && changed('completionTime');
  const restarted = before.startTime !== undefined && changed('startTime') && spec.suspend !== true;
  return together(
    conditions(...lasting.map((type) => holds(before, type) && !holds(now, type) && `cannot disable the terminal ${type}=True condition`)),
    fewer('failed'),
    elastic ? [] : fewer('succeeded'),
    moved ? [invalidValue('status.completionTime', now.completionTime, 'completionTime cannot be mutated')] : [],
    restarted ? [required('status.startTime', 'startTime cannot be removed for unsuspended job')] : [],
    conditions(
      holds(before, 'SuccessCriteriaMet') && !holds(now, 'SuccessCriteriaMet') && 'cannot disable the SuccessCriteriaMet=True condition',
      holds(before, 'Complete') && !holds(before, 'SuccessCriteriaMet') && holds(now, 'SuccessCriteriaMet') && 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions',
    ),
  );
}
