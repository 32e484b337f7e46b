import type { PodSpec, Toleration } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, invalidValue, ofEach, together } from '../../validation/field-error.ts';
import { mirrorAnnotation } from './mirror.ts';
import { appArmorPrefix, seccompContainerPrefix, seccompPodAnnotation } from './profile-annotations.ts';
import { relativePath } from './paths.ts';
import { validateTolerations } from './scheduling.ts';

/* Annotations of pods and templates that mean something, or did before there were fields for it. */

type Annotations = Readonly<Record<string, string>>;

const tolerationsAnnotation = 'scheduler.alpha.kubernetes.io/tolerations';
const deletionCost = 'controller.kubernetes.io/pod-deletion-cost';
const int32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };

/** What is wrong with those that are there. */
export function validatePodAnnotations(annotations: Annotations | undefined, spec: PodSpec | undefined, path: string): FieldError[] {
  if (annotations === undefined) return [];
  const errors: FieldError[] = [];
  const mirrored = Object.hasOwn(annotations, mirrorAnnotation);
  if (mirrored && (spec?.nodeName ?? '') === '') errors.push(invalidValue(at(path, mirrorAnnotation), annotations[mirrorAnnotation], 'must set spec.nodeName if mirror pod annotation is set'));
  return together(errors, validateOldTolerations(annotations[tolerationsAnnotation], path), validateDeletionCost(annotations[deletionCost], path), validateSeccomp(annotations, path), validateAppArmor(annotations, spec, path));
}

/** Tolerations as they were said before there was a field for them. */
function validateOldTolerations(text: string | undefined, path: string): FieldError[] {
  if (text === undefined || text === '') return [];
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed) && parsed.every((one) => typeof one === 'object' && one !== null)) return validateTolerations(parsed as Toleration[], child(path, tolerationsAnnotation));
    return parsed === null ? [] : [invalidValue(path, tolerationsAnnotation, 'must be a JSON list of tolerations')];
  } catch (error) {
    return [invalidValue(path, tolerationsAnnotation, (error as Error).message)];
  }
}

/** How gladly a ReplicaSet gives up the pod: a 32-bit number in its shortest form. */
function validateDeletionCost(cost: string | undefined, path: string): FieldError[] {
  if (cost === undefined) return [];
  const isInt32 = /^(0|-?[1-9]\d{0,9})$/.test(cost) && Number(cost) >= int32.min && Number(cost) <= int32.max;
  return isInt32 ? [] : [invalidValue(at(path, deletionCost), cost, 'must be a 32bit integer')];
}

function validateSeccomp(annotations: Annotations, path: string): FieldError[] {
  return Object.entries(annotations)
    .filter(([key]) => key === seccompPodAnnotation || key.startsWith(seccompContainerPrefix))
    .flatMap(([key, profile]) => {
      if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return [];
      if (profile.startsWith('localhost/')) return relativePath(profile.slice('localhost/'.length), child(path, key));
      return [invalidValue(child(path, key), profile, 'must be a valid seccomp profile')];
    });
}

function validateAppArmor(annotations: Annotations, spec: PodSpec | undefined, path: string): FieldError[] {
  const profiles = Object.entries(annotations).filter(([key]) => key.startsWith(appArmorPrefix));
  if (profiles.length === 0) return [];
  const names = new Set([...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...(spec?.ephemeralContainers ?? [])].map(({ name }) => name));
  return ofEach(profiles, ([key, profile]) => {
    const name = key.slice(appArmorPrefix.length);
    const errors = names.has(name) ? [] : [invalidValue(at(path, key), name, 'container not found')];
    const known = ['', 'runtime/default', 'unconfined'].includes(profile) || profile.startsWith('localhost/');
    return known ? errors : [...errors, invalidValue(at(path, key), profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`)];
  });
}
