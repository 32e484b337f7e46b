import type { PodTemplateSpec } from '../../gen/types/core-v1.ts';
import type { LabelSelector } from '../../gen/types/meta-v1.ts';
import { isEmptySelector, matcherOfSelector, validateLabelSelector } from '../../selectors/label-selector.ts';
import type { FieldError } from '../../status.ts';
import { child, forbidden, invalidValue, notSupported, required, together } from '../../validation/field-error.ts';
import { validateLabels } from '../../validation/labels.ts';
import { inOrder } from '../../validation/values.ts';
import { validateAnnotations } from '../../validation/object-meta.ts';
import { validatePodAnnotations } from './pod-annotations.ts';
import { validateProfilesMatch } from './profile-annotations.ts';
import { validatePodSpec } from './validate.ts';

/** What errors of a workload call it (upstream's names, which are not always the kind's own), and what they say of a selector that cannot be read. */
export interface WorkloadWords {
  readonly selector: string;
  readonly template: string;
  readonly unreadable: string;
}

/** Selector and template of a workload: of what cannot be read as a selector, the template is not judged. */
export function validateSelectorAndTemplate({ selector, template }: { selector?: LabelSelector | undefined | null; template?: PodTemplateSpec | undefined }, words: WorkloadWords, path: string): FieldError[] {
  const here = child(path, 'selector');
  const errors = validateWorkloadSelector(selector, words.selector, here);
  if (validateLabelSelector(selector, here).length > 0) return [...errors, invalidValue(here, selector, words.unreadable)];
  return together(errors, validateWorkloadTemplate(template, selector, child(path, 'template'), words.template));
}

/** The template of a workload whose pods go on for ever: its labels are selected, it always restarts. `kind` is whose template errors call it. */
export function validateWorkloadTemplate(template: PodTemplateSpec | undefined, selector: LabelSelector | undefined | null, path: string, kind: string): FieldError[] {
  if (template === undefined) return [required(path)];
  return together(validateSelected(template, selector, path), validateTemplate(template, path), validateEndless(template, path, kind));
}

/** That the pods of a template go on for ever. */
export function validateEndless(template: PodTemplateSpec | undefined, path: string, kind: string): FieldError[] {
  const policy = template?.spec?.restartPolicy ?? '';
  const errors = policy !== 'Always' && policy !== '' ? [notSupported(child(path, 'spec.restartPolicy'), policy, ['Always'])] : [];
  return template?.spec?.activeDeadlineSeconds === undefined ? errors : [...errors, forbidden(child(path, 'spec.activeDeadlineSeconds'), `activeDeadlineSeconds in ${kind} is not Supported`)];
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
function validateWorkloadSelector(selector: LabelSelector | undefined | null, kind: string, path: string): FieldError[] {
  if (selector === undefined || selector === null) return [required(path)];
  const errors = validateLabelSelector(selector, path);
  return isEmptySelector(selector) ? [...errors, invalidValue(path, selector, `empty selector is invalid for ${kind}`)] : errors;
}

/** That a template has the labels that are selected; without a selector none has. The selector must be well formed. */
export function validateSelected(template: PodTemplateSpec | undefined, selector: LabelSelector | undefined | null, path: string): FieldError[] {
  const labels = template?.metadata?.labels;
  if (matcherOfSelector(selector).matches(labels)) return [];
  return [invalidValue(child(path, 'metadata.labels'), inOrder(labels), '`selector` does not match template `labels`')];
}
