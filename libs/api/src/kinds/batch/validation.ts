import type { CronJob, Job, JobSpec } from '../../gen/types/batch-v1.ts';
import type { LabelSelector } from '../../gen/types/meta-v1.ts';
import { matcherOfSelector, validateLabelSelector } from '../../selectors/label-selector.ts';
import type { FieldError } from '../../status.ts';
import { child, invalidValue, notSupported, required, tooLong } from '../../validation/field-error.ts';
import { checkDns1123Label, checkDomainPath } from '../../validation/names.ts';
import { isFresh } from '../../validation/object-meta.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';
import { immutable, nonNegative, oneOf } from '../../validation/values.ts';
import { validateTemplate } from '../pod-spec/template.ts';
import { validateFailurePolicy, validateIndexed, validateSuccessPolicy } from './job-policies.ts';
import { checkSchedule } from './schedule.ts';

const managerLengthMax = 63;
const cronJobNameMax = 52;
const generatedLabel = 'batch.kubernetes.io/controller-uid';

export function validateJob(object: Job): FieldError[] {
  const { spec, metadata } = object;
  const errors = [...validatePodNames(spec, metadata.name ?? ''), ...validateJobSpec(spec, 'spec')];
  if (spec.selector === undefined) return [...errors, required('spec.selector')];
  errors.push(...validateLabelSelector(spec.selector, 'spec.selector'));
  const labels = spec.template?.metadata?.labels ?? {};
  if (!matcherOfSelector(spec.selector).matches(labels)) {
    errors.push(invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'));
  }
  if (spec.manualSelector !== true && !isGenerated(spec.selector, object.metadata.uid ?? '')) {
    errors.push(invalidValue('spec.selector', spec.selector, '`selector` not auto-generated'));
  }
  return errors;
}

/** The pods of an indexed job have the job's name and their index as host names. */
function validatePodNames(spec: JobSpec, name: string): FieldError[] {
  const { completions = 0 } = spec;
  const last = `${name}-${completions - 1}`;
  if (spec.completionMode !== 'Indexed' || completions < 1 || checkDns1123Label(last).length === 0) return [];
  return [invalidValue('metadata.name', name, `will not able to create pod with invalid DNS label: ${last}`)];
}

/** Of a job only how much of it runs, and for how long, may change. */
export function validateJobUpdate({ spec, status }: Job, { spec: old }: Job): FieldError[] {
  const fixed = ['selector', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const;
  return [
    ...fixed.flatMap((field) => immutable(spec[field], old[field], `spec.${field}`)),
    ...validateCompletionsUpdate(spec, old),
    ...validateTemplateUpdate(spec, old, status?.startTime),
  ];
}

export function validateCronJob({ spec, metadata }: CronJob): FieldError[] {
  const template = spec.jobTemplate?.spec;
  const name = metadata.name ?? '';
  const errors: FieldError[] = [];
  if (isFresh(metadata) && name.length > cronJobNameMax) {
    errors.push(invalidValue('metadata.name', name, `must be no more than ${cronJobNameMax} characters`));
  }
  if ((spec.schedule ?? '') === '') errors.push(required('spec.schedule'));
  else errors.push(...checkSchedule(spec.schedule).map((e) => invalidValue('spec.schedule', spec.schedule, e)));
  errors.push(
    ...validateTimeZone(spec.timeZone),
    ...nonNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds'),
    ...nonNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit'),
    ...nonNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit'),
    ...oneOf(spec.concurrencyPolicy, 'spec.concurrencyPolicy', ['Allow', 'Forbid', 'Replace'], 'required'),
    ...validateJobSpec(template, 'spec.jobTemplate.spec'),
  );
  if (template?.manualSelector === true) errors.push(notSupported('spec.jobTemplate.spec.manualSelector', 'true', ['nil', 'false']));
  if (template?.selector !== undefined) errors.push(invalidValue('spec.jobTemplate.spec.selector', template.selector, '`selector` will be auto-generated'));
  return errors;
}

function validateJobSpec(spec: JobSpec | undefined, path: string): FieldError[] {
  if (spec?.template === undefined) return [required(child(path, 'template'))];
  const counts = ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished', 'backoffLimitPerIndex', 'maxFailedIndexes'] as const;
  const errors = counts.flatMap((field) => nonNegative(spec[field], child(path, field)));
  errors.push(...oneOf(spec.completionMode, child(path, 'completionMode'), ['NonIndexed', 'Indexed']), ...validateIndexed(spec, path));
  if (spec.managedBy !== undefined) {
    errors.push(...checkDomainPath(spec.managedBy).map((e) => invalidValue(child(path, 'managedBy'), spec.managedBy, e)));
    if (spec.managedBy.length > managerLengthMax) errors.push(tooLong(child(path, 'managedBy'), managerLengthMax));
  }
  const replacements = spec.podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed'];
  errors.push(...oneOf(spec.podReplacementPolicy, child(path, 'podReplacementPolicy'), replacements));
  errors.push(...validateFailurePolicy(spec, path), ...validateSuccessPolicy(spec, path));
  errors.push(...validateTemplate(spec.template, child(path, 'template')));
  const policy = spec.template.spec?.restartPolicy ?? '';
  const field = child(path, 'template.spec.restartPolicy');
  if (policy === '' || policy === 'Always') errors.push(required(field, 'valid values: "OnFailure", "Never"'));
  else if (policy !== 'OnFailure' && policy !== 'Never') errors.push(notSupported(field, policy, ['OnFailure', 'Never']));
  else if (spec.podFailurePolicy !== undefined && policy !== 'Never') errors.push(invalidValue(field, policy, 'only "Never" is supported when podFailurePolicy is specified'));
  return errors;
}

/** Whether the selector is the one the server makes: by the job's uid. */
function isGenerated(selector: LabelSelector, uid: string): boolean {
  return selector.matchLabels?.[generatedLabel] === uid || selector.matchLabels?.['controller-uid'] === uid;
}

function validateCompletionsUpdate(spec: JobSpec, old: JobSpec): FieldError[] {
  if (spec.completions === old.completions) return [];
  if (spec.completionMode !== 'Indexed') return immutable(spec.completions, old.completions, 'spec.completions');
  if (spec.completions === undefined) return [required('spec.completions', 'when completion mode is Indexed')];
  if (spec.completions === spec.parallelism) return [];
  return [invalidValue('spec.completions', spec.completions, `can only be modified in tandem with spec.parallelism`)];
}

/** The template is fixed once a pod may have been made from it; until then what concerns scheduling may change. */
function validateTemplateUpdate(spec: JobSpec, old: JobSpec, startTime: string | undefined): FieldError[] {
  if (semanticEqual(spec.template, old.template)) return [];
  const munged = structuredClone(spec.template);
  if (old.suspend === true && startTime === undefined && munged.spec !== undefined && old.template.spec !== undefined) {
    munged.metadata = structuredClone(old.template.metadata);
    for (const field of ['nodeSelector', 'tolerations', 'schedulingGates', 'affinity'] as const) {
      if (old.template.spec[field] === undefined) delete munged.spec[field];
      else Object.assign(munged.spec, { [field]: old.template.spec[field] });
    }
  }
  return immutable(munged, old.template, 'spec.template');
}

function validateTimeZone(zone: string | undefined): FieldError[] {
  if (zone === undefined) return [];
  if (zone === '') return [invalidValue('spec.timeZone', zone, 'timeZone must be nil or non-empty string')];
  if (zone.toLowerCase() === 'local') return [invalidValue('spec.timeZone', zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones')];
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return [];
  } catch {
    return [invalidValue('spec.timeZone', zone, `unknown time zone ${zone}`)];
  }
}
