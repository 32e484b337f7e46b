import type { CronJob, Job, JobSpec } from '../../gen/types/batch-v1.ts';
import type { PodTemplateSpec } from '../../gen/types/core-v1.ts';
import { matcherOfSelector, validateLabelSelector } from '../../selectors/label-selector.ts';
import type { FieldError } from '../../status.ts';
import { at, child, invalidEach, invalidValue, notSupported, required, together, tooLong } from '../../validation/field-error.ts';
import { checkDns1123Label } from '../../validation/names.ts';
import { isFresh } from '../../validation/object-meta.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';
import { domainPath, immutable, inOrder, nonNegative, oneOf } from '../../validation/values.ts';
import { validateSelected, validateTemplate } from '../pod-spec/template.ts';
import { validateFailurePolicy, validateIndexed, validateSuccessPolicy } from './job-policies.ts';
import { checkForm, checkSchedule, isTimeZone } from './schedule.ts';

const managerLengthMax = 63;
const cronJobNameMax = 52;

export function validateJob(object: Job, old?: Job): FieldError[] {
  const { spec } = object;
  return together(
    old === undefined ? validateGenerated(object) : [],
    validateJobSpec(spec, 'spec'),
    (spec.selector ?? undefined) === undefined ? [required('spec.selector')] : validateLabelSelector(spec.selector, 'spec.selector'),
    validateLabelSelector(spec.selector, '').length === 0 ? validateSelected(spec.template, spec.selector, 'spec.template') : [],
    old === undefined ? validatePodNames(object) : [],
  );
}

/** The labels that the server gives to pods of a job whose selector it makes: who sets them must set them to the same. */
function validateGenerated({ spec, metadata }: Job): FieldError[] {
  const { selector, manualSelector } = spec;
  if (manualSelector === true || (selector ?? undefined) === undefined) return [];
  const { uid = '', name = '' } = metadata;
  const labels: Readonly<Record<string, string>> = spec.template?.metadata?.labels ?? {};
  const expected = Object.entries({ 'controller-uid': uid, 'job-name': name, 'batch.kubernetes.io/controller-uid': uid, 'batch.kubernetes.io/job-name': name });
  const errors = uid === '' ? [required('metadata.uid')] : [];
  for (const [label, value] of expected) {
    const path = at('spec.template.metadata.labels', label);
    if (!Object.hasOwn(labels, label)) errors.push(required(path, `must be '${value}'`));
    else if (labels[label] !== value) errors.push(invalidValue(path, inOrder(labels), `must be '${value}'`));
  }
  const readable = validateLabelSelector(selector, '').length === 0;
  return readable && !matcherOfSelector(selector).matches(Object.fromEntries(expected)) ? [...errors, invalidValue('spec.selector', selector, '`selector` not auto-generated')] : errors;
}

/** The pods of an indexed job have the job's name and their index as host names. */
function validatePodNames({ spec, metadata: { name = '' } }: Job): FieldError[] {
  const { completions = 0 } = spec;
  const last = `${name}-${completions - 1}`;
  if (spec.completionMode !== 'Indexed' || completions < 1 || checkDns1123Label(last).length === 0) return [];
  return [invalidValue('metadata.name', name, `will not able to create pod with invalid DNS label: ${last}`)];
}

/** Of a job only how much of it runs, and for how long, may change. */
export function validateJobUpdate({ spec, status }: Job, { spec: old }: Job): FieldError[] {
  const fixed = ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const;
  return [
    ...validateCompletionsUpdate(spec, old),
    ...immutable(spec.selector, old.selector, 'spec.selector'),
    ...validateTemplateUpdate(spec, old, status?.startTime),
    ...fixed.flatMap((field) => immutable(spec[field], old[field], `spec.${field}`)),
  ];
}

export function validateCronJob({ spec, metadata }: CronJob, old?: CronJob): FieldError[] {
  const template = spec.jobTemplate?.spec;
  const path = 'spec.jobTemplate.spec';
  const { name = '' } = metadata;
  return [
    ...validateSchedule(spec, old?.spec.schedule.includes('TZ') === true),
    ...nonNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds'),
    ...(old !== undefined && old.spec.timeZone === spec.timeZone ? [] : validateTimeZone(spec.timeZone)),
    ...oneOf(spec.concurrencyPolicy, 'spec.concurrencyPolicy', ['Allow', 'Forbid', 'Replace'], 'required'),
    ...validateJobSpec(template, path),
    ...(template?.selector === undefined ? [] : [invalidValue(`${path}.selector`, template.selector, '`selector` will be auto-generated')]),
    ...(template?.manualSelector === true ? [notSupported(`${path}.manualSelector`, true, ['nil', 'false'])] : []),
    ...nonNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit'),
    ...nonNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit'),
    ...(isFresh(metadata) && name.length > cronJobNameMax ? [invalidValue('metadata.name', name, `must be no more than ${cronJobNameMax} characters`)] : []),
  ];
}

/** `zoned`: whether the schedule named a time zone before there was a field for it, and may go on to. */
function validateSchedule({ schedule = '', timeZone }: Partial<CronJob['spec']>, zoned: boolean): FieldError[] {
  const path = 'spec.schedule';
  if (schedule === '') return [required(path)];
  if (!zoned) return invalidEach(checkSchedule(schedule), path, schedule);
  const wrong = checkForm(schedule);
  const errors = wrong === undefined ? [] : [invalidValue(path, schedule, wrong)];
  return schedule.includes('TZ') && timeZone !== undefined ? [...errors, invalidValue(path, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule')] : errors;
}

function validateJobSpec(spec: JobSpec | undefined, path: string): FieldError[] {
  if (spec?.template === undefined) return [required(child(path, 'template'))];
  const counts = ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished', 'backoffLimitPerIndex', 'maxFailedIndexes'] as const;
  return together(
    counts.flatMap((field) => nonNegative(spec[field], child(path, field))),
    spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined ? [required(child(path, 'backoffLimitPerIndex'), 'when maxFailedIndexes is specified')] : [],
    spec.managedBy === undefined ? [] : validateManager(spec.managedBy, child(path, 'managedBy')),
    oneOf(spec.completionMode, child(path, 'completionMode'), ['NonIndexed', 'Indexed']),
    validateIndexed(spec, path),
    validateFailurePolicy(spec, path),
    validateSuccessPolicy(spec, path),
    oneOf(spec.podReplacementPolicy, child(path, 'podReplacementPolicy'), spec.podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed']),
    validateTemplate(spec.template, child(path, 'template')),
    validateEnding(spec, child(path, 'template.spec.restartPolicy')),
  );
}

function validateManager(managedBy: string, path: string): FieldError[] {
  const errors = domainPath(managedBy, path);
  return managedBy.length > managerLengthMax ? [...errors, tooLong(path, managerLengthMax)] : errors;
}

/** Pods of a job end. */
function validateEnding(spec: JobSpec, path: string): FieldError[] {
  const policy = spec.template.spec?.restartPolicy ?? '';
  if (policy === '' || policy === 'Always') return [required(path, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(path, policy, ['OnFailure', 'Never'])];
  return spec.podFailurePolicy !== undefined && policy !== 'Never' ? [invalidValue(path, policy, 'only "Never" is supported when podFailurePolicy is specified')] : [];
}

function validateCompletionsUpdate(spec: JobSpec, old: JobSpec): FieldError[] {
  if (spec.completionMode !== 'Indexed') return immutable(spec.completions, old.completions, 'spec.completions');
  if (spec.completions === old.completions || spec.completions === undefined || spec.completions === spec.parallelism) return [];
  return [invalidValue('spec.completions', spec.completions, 'can only be modified in tandem with spec.parallelism')];
}

/** The template is fixed once a pod may have been made from it; until then what concerns scheduling may change. */
function validateTemplateUpdate(spec: JobSpec, old: JobSpec, startTime: string | undefined): FieldError[] {
  const { template } = spec;
  const fixed = old.suspend === true && startTime === undefined ? withScheduling(old.template, template) : old.template;
  return semanticEqual(template, fixed) ? [] : [invalidValue('spec.template', template, 'field is immutable')];
}

/** A template with what another says of scheduling: labels, annotations, and of affinity that to nodes. */
function withScheduling(template: PodTemplateSpec, from: PodTemplateSpec): PodTemplateSpec {
  const { labels, annotations } = from.metadata ?? {};
  const { nodeSelector, tolerations, schedulingGates, affinity } = from.spec;
  const kept = template.spec.affinity;
  const { nodeAffinity: _, ...others } = kept ?? {};
  const merged = affinity === undefined && Object.keys(others).length === 0 ? undefined : { ...others, nodeAffinity: affinity?.nodeAffinity };
  return { ...template, metadata: { ...template.metadata, labels, annotations }, spec: { ...template.spec, nodeSelector, tolerations, schedulingGates, affinity: merged } } as PodTemplateSpec;
}

const zonePart = /^[A-Za-z.\-_0-9+]{1,14}$/;

function validateTimeZone(zone: string | undefined): FieldError[] {
  const path = 'spec.timeZone';
  if (zone === undefined) return [];
  if (zone === '') return [invalidValue(path, zone, 'timeZone must be nil or non-empty string')];
  const unknown = invalidValue(path, zone, `unknown time zone ${zone}`);
  if (zone.split('/').some((part) => part === '.' || part === '..' || part.startsWith('-') || !zonePart.test(part))) return [unknown];
  const local = zone.toLowerCase() === 'local' ? [invalidValue(path, zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones')] : [];
  return isTimeZone(zone) ? local : [...local, unknown];
}
