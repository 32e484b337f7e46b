import type { Container, Pod, PodSpec, Toleration } from '../../gen/types/core-v1.ts';
import { deepCopy } from '../../patch/values.ts';
import type { FieldError } from '../../status.ts';
import { at, child, forbidden, invalidValue, pathsWhenWrong, required, together } from '../../validation/field-error.ts';
import { isFresh } from '../../validation/object-meta.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';
import { each } from '../../validation/values.ts';
import { validateGatedAffinity } from './gated-affinity.ts';
import { validateImageSpace } from '../pod-spec/ephemeral-containers.ts';
import { mirrorAnnotation } from '../pod-spec/mirror.ts';
import { validatePodAnnotations } from '../pod-spec/pod-annotations.ts';
import { appArmorPrefix, validateProfilesMatch } from '../pod-spec/profile-annotations.ts';
import { validateTolerations } from '../pod-spec/scheduling.ts';
import { validateFreshPodSpec, validatePodSpec } from '../pod-spec/validate.ts';

const int32Max = 2147483647;
const updatable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

export function validatePod(pod: Pod): FieldError[] {
  return pathsWhenWrong(() => validateWhole(pod));
}

function validateWhole({ metadata, spec }: Pod): FieldError[] {
  const errors = together(
    validatePodAnnotations(metadata.annotations, spec, 'metadata.annotations'),
    validatePodSpec(spec, 'spec', metadata),
    validateTokens(spec),
    (['containers', 'initContainers'] as const).flatMap((list) => each(spec?.[list], `spec.${list}`, validateImageSpace)),
  );
  // Only an object that was never stored has no resource version.
  return isFresh(metadata) ? together(errors, validateFreshPodSpec(spec, 'spec'), validateProfilesMatch(metadata.annotations, spec, 'spec')) : errors;
}

/** A token is somebody's. Templates may leave that to admission. */
function validateTokens(spec: PodSpec | undefined): FieldError[] {
  if ((spec?.serviceAccountName ?? '') !== '') return [];
  return each(spec?.volumes, 'spec.volumes', (volume, path) =>
    each(volume.projected?.sources, child(path, 'projected.sources'), (source, here) =>
      source.serviceAccountToken === undefined ? [] : [forbidden(child(here, 'serviceAccountToken'), 'must not be specified when serviceAccountName is not set')],
    ),
  );
}

/** Of a pod that exists, only a few fields may change; the others go through their own subresources. */
export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const { spec } = pod;
  const before = old.spec;
  const errors = validateAnnotationsUpdate(pod, old);
  for (const list of ['containers', 'initContainers'] as const) {
    if ((spec[list] ?? []).length !== (before[list] ?? []).length) return [...errors, forbidden(`spec.${list}`, 'pod updates may not add or remove containers')];
    errors.push(...validateImages(spec[list] ?? [], `spec.${list}`));
  }
  const deadline = validateDeadline(spec.activeDeadlineSeconds, before.activeDeadlineSeconds);
  errors.push(...deadline);
  if (deadline.length > 0 && spec.activeDeadlineSeconds !== undefined) return errors;
  errors.push(...validateOnlyAdded(spec.tolerations ?? [], before.tolerations ?? []), ...validateGates(spec, before));
  return together(errors, validateGatedSelector(spec, before), validateGatedAffinity(spec, before), validateRest(spec, before));
}

function validateImages(containers: readonly Container[], path: string): FieldError[] {
  return each(containers, path, (container, here) => ((container.image ?? '') === '' ? [required(child(here, 'image'))] : validateImageSpace(container, here)));
}

function validateDeadline(seconds: number | undefined, before: number | undefined): FieldError[] {
  const field = 'spec.activeDeadlineSeconds';
  if (seconds !== undefined) {
    if (seconds < 0 || seconds > int32Max) return [invalidValue(field, seconds, `must be between 0 and ${int32Max}, inclusive`)];
    if (before !== undefined && seconds > before) return [invalidValue(field, seconds, 'must be less than or equal to previous value')];
    return [];
  }
  return before === undefined ? [] : [invalidValue(field, null, 'must not update from a positive integer to nil value')];
}

/** Tolerations are only added; of an existing one only the time may change. */
function validateOnlyAdded(tolerations: readonly Toleration[], before: readonly Toleration[]): FieldError[] {
  if (semanticEqual(tolerations, before)) return validateTolerations(tolerations, 'spec.tolerations');
  const timeless = ({ key = '', operator = '', value = '', effect = '' }: Toleration): string => JSON.stringify([key, operator, value, effect]);
  const present = new Set(tolerations.map(timeless));
  const kept = before.every((old) => present.has(timeless(old)));
  return kept ? validateTolerations(tolerations, 'spec.tolerations') : [forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
}

function validateGates(spec: PodSpec, before: PodSpec): FieldError[] {
  const names = new Set((before.schedulingGates ?? []).map((gate) => gate.name));
  return each(spec.schedulingGates, 'spec.schedulingGates', ({ name }, path) =>
    names.has(name) ? [] : [forbidden(child(path, 'name'), `only deletion is allowed, but found new scheduling gate '${name}'`)],
  );
}

/** What a pod shows, and by which profile, is decided when it is made. */
function validateAnnotationsUpdate({ metadata, spec }: Pod, old: Pod): FieldError[] {
  const path = 'metadata.annotations';
  const { annotations = {} } = metadata;
  const { annotations: before = {} } = old.metadata;
  const fixed = (key: string): string | undefined => (key === mirrorAnnotation ? 'mirror pod annotation' : key.startsWith(appArmorPrefix) ? 'AppArmor annotations' : undefined);
  const changed = Object.entries(before).filter(([key, value]) => fixed(key) !== undefined && !(Object.hasOwn(annotations, key) && annotations[key] === value));
  const added = Object.keys(annotations).filter((key) => fixed(key) !== undefined && !Object.hasOwn(before, key));
  return together(
    changed.map(([key]) => forbidden(at(path, key), `may not remove or update ${fixed(key)}`)),
    added.map((key) => forbidden(at(path, key), `may not add ${fixed(key)}`)),
    validatePodAnnotations(annotations, spec, path),
  );
}

/** Everything that must be as it was once the fields that may change are set back. */
function validateRest(spec: PodSpec, before: PodSpec): FieldError[] {
  if (semanticEqual(spec, before)) return [];
  const munged: PodSpec = deepCopy(spec);
  munged.containers.forEach((container, i) => copyField(container, before.containers[i] ?? {}, 'image'));
  munged.initContainers?.forEach((container, i) => copyField(container, before.initContainers?.[i] ?? {}, 'image'));
  for (const field of ['activeDeadlineSeconds', 'tolerations', 'schedulingGates'] as const) copyField(munged, before, field);
  if ((before.terminationGracePeriodSeconds ?? 0) < 0 && munged.terminationGracePeriodSeconds === 1) copyField(munged, before, 'terminationGracePeriodSeconds');
  if ((before.schedulingGates ?? []).length > 0) {
    copyField(munged, before, 'nodeSelector');
    copyField((munged.affinity ??= {}), before.affinity ?? {}, 'nodeAffinity');
    if (before.affinity === undefined && Object.keys(munged.affinity).length === 0) delete munged.affinity;
  }
  if (semanticEqual(munged, before)) return [];
  const changed = differences(munged, before, 'spec').slice(0, 10);
  return [forbidden('spec', `pod updates may not change fields other than ${updatable}\n${changed.join('\n')}`)];
}

function copyField<T extends object, K extends keyof T>(to: T, from: Partial<T>, field: K): void {
  const value = from[field];
  if (value === undefined) delete to[field];
  else to[field] = value;
}

/** While gates hold a pod back, labels of nodes may be added to those that it asks for. */
function validateGatedSelector(spec: PodSpec, before: PodSpec): FieldError[] {
  if ((before.schedulingGates ?? []).length === 0 || onlyGained(spec.nodeSelector, before.nodeSelector)) return [];
  return [invalidValue('spec.nodeSelector', spec.nodeSelector ?? null, 'only additions to spec.nodeSelector are allowed (no mutations or deletions)')];
}

function onlyGained(labels: Readonly<Record<string, string>> | undefined, before: Readonly<Record<string, string>> | undefined): boolean {
  return Object.entries(before ?? {}).every(([key, value]) => labels?.[key] === value);
}

/** The fields that differ, as `spec.containers[0].name: "b" was "a"`. */
function differences(now: unknown, before: unknown, path: string): string[] {
  if (semanticEqual(now, before)) return [];
  const bothObjects = typeof now === 'object' && typeof before === 'object' && now !== null && before !== null && Array.isArray(now) === Array.isArray(before);
  if (!bothObjects) return [`${path}: ${JSON.stringify(now) ?? 'nothing'} was ${JSON.stringify(before) ?? 'nothing'}`];
  const left = now as Record<string, unknown>;
  const right = before as Record<string, unknown>;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].flatMap((key) => differences(left[key], right[key], Array.isArray(now) ? at(path, key) : child(path, key)));
}
