import type { Job } from '../../gen/types/batch-v1.ts';
import { setPodSpecDefaults } from '../pod-spec-defaults.ts';

const unlimitedRetries = 2147483647;

/** Defaults that depend on other fields (pkg/apis/batch/v1/defaults.go). */
export function setJobDefaults(object: Job): void {
  const { spec } = object;
  if (spec === undefined) return;
  setPodSpecDefaults(spec.template?.spec);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : unlimitedRetries;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  const labels = spec.template?.metadata?.labels;
  if (labels !== undefined && Object.keys(object.metadata.labels ?? {}).length === 0) object.metadata.labels = { ...labels };
}

/**
 * A new job selects its own pods by its uid, unless its owner wants to do that by hand. Name and uid are set by then. What the owner has
 * set stays: when it says something else, validation refuses it.
 */
export function prepareJobForCreate(object: Job): void {
  const { spec, metadata } = object;
  const { uid, name } = metadata;
  if (spec.manualSelector === true || uid === undefined || name === undefined) return;
  spec.template.metadata ??= {};
  spec.template.metadata.labels = {
    'job-name': name,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'batch.kubernetes.io/controller-uid': uid,
    ...spec.template.metadata.labels,
  };
  const matchLabels = { 'batch.kubernetes.io/controller-uid': uid, ...spec.selector?.matchLabels };
  spec.selector = { ...spec.selector, matchLabels };
}
