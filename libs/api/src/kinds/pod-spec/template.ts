import type { PodTemplateSpec } from '../../gen/types/core-v1.ts';
import type { LabelSelector } from '../../gen/types/meta-v1.ts';
import { isEmptySelector, matcherOfSelector, validateLabelSelector } from '../../selectors/label-selector.ts';
import type { FieldError } from '../../status.ts';
import { child, forbidden, invalidValue, notSupported, required, together } from '../../validation/field-error.ts';
import { validateLabels } from '../../validation/labels.ts';
import { validateAnnotations } from '../../validation/object-meta.ts';
import { validatePodAnnotations } from './pod-annotations.ts';
import { validateProfilesMatch } from './profile-annotations.ts';
import { validatePodSpec } from './validate.ts';

/** The template of a workload whose pods go on for ever: its labels are selected, it always restarts. `kind` is whose template errors call it. */
export function validateWorkloadTemplate(template: PodTemplateSpec | undefined, selector: LabelSelector | undefined | null, path: string, kind = 'ReplicaSet'): FieldError[] {
  if (template === undefined) return [required(path)];
  const errors = validateSelected(template, selector, path);
  errors.push(...validateTemplate(template, path));
  const policy = template.spec?.restartPolicy ?? '';
  if (policy !== 'Always' && policy !== '') errors.push(notSupported(child(path, 'spec.restartPolicy'), policy, ['Always']));
  if (template.spec?.activeDeadlineSeconds !== undefined) {
    errors.push(forbidden(child(path, 'spec.activeDeadlineSeconds'), `activeDeadlineSeconds in ${kind} is not Supported`));
  }
  return errors;
}

/** Labels, annotations and spec of a template. Upstream's paths have no `metadata` here. */
export function validateTemplate(template: PodTemplateSpec, path: string): FieldError[] {
  const { labels, annotations } = template.metadata ?? {};
  const spec = child(path, 'spec');
  const errors = together(
    validateLabels(labels, child(path, 'labels')),
    validateAnnotations(annotations, child(path, 'annotations')),
    validatePodAnnotations(annotations, template.spec, child(path, 'annotations')),
    validatePodSpec(template.spec, spec),
    validateProfilesMatch(annotations, template.spec, spec),
  );
  return (template.spec?.ephemeralContainers ?? []).length === 0 ? errors : [...errors, forbidden(child(spec, 'ephemeralContainers'), 'ephemeral containers not allowed in pod template')];
}

/** The selector of a workload: there, well formed, not empty. */
export function validateWorkloadSelector(selector: LabelSelector | undefined | null, kind: string, path: string): FieldError[] {
  if (selector === undefined || selector === null) return [required(path)];
  const errors = validateLabelSelector(selector, path);
  return isEmptySelector(selector) ? [...errors, invalidValue(path, selector, `empty selector is invalid for ${kind}`)] : errors;
}

function validateSelected(template: PodTemplateSpec, selector: LabelSelector | undefined | null, path: string): FieldError[] {
  if (selector === undefined || selector === null || isEmptySelector(selector) || validateLabelSelector(selector, '').length > 0) return [];
  const labels = template.metadata?.labels ?? {};
  if (matcherOfSelector(selector).matches(labels)) return [];
  return [invalidValue(child(path, 'metadata.labels'), labels, '`selector` does not match template `labels`')];
}
