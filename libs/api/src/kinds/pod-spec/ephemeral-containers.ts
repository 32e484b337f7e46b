import type { Container, EphemeralContainer, PodSpec } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, duplicate, fieldNotFound, forbidden, invalidValue, together } from '../../validation/field-error.ts';
import { each } from '../../validation/values.ts';

/** What serves a pod for long is not for a container that only looks into it. */
const notAllowed = ['ports', 'resources', 'resizePolicy', 'restartPolicy', 'restartPolicyRules', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'] as const;
const refusal = 'cannot be set for an Ephemeral Container';

/**
 * What is special about containers for debugging (KEP-277): they have names of their own, may point at a container, and may not do
 * most things. `validateContainer` is what holds of all containers.
 */
export function validateEphemeralContainers(spec: PodSpec, path: string, validateContainer: (container: Container, path: string) => readonly FieldError[]): FieldError[] {
  if ((spec.ephemeralContainers ?? []).length === 0) return [];
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name));
  const names = new Set(others);
  return each(spec.ephemeralContainers, path, (container, here) => {
    const errors = together(validateContainer(container, here), validateImageSpace(container, here));
    if (names.has(container.name)) errors.push(duplicate(child(here, 'name'), container.name));
    names.add(container.name);
    const target = container.targetContainerName ?? '';
    if (target !== '' && !others.has(target)) errors.push(fieldNotFound(child(here, 'targetContainerName'), target));
    errors.push(...notAllowed.filter((field) => isSet(container, field)).map((field) => forbidden(child(here, field), refusal)));
    return together(errors, validateMounts(container, here));
  });
}

/** Of pods, not of templates: what is made of a template may still be changed. */
export function validateImageSpace({ image = '' }: Pick<Container, 'image'>, path: string): FieldError[] {
  return image.trim() === image ? [] : [invalidValue(child(path, 'image'), image, 'must not have leading or trailing whitespace')];
}

function isSet(container: EphemeralContainer, field: (typeof notAllowed)[number]): boolean {
  const value: unknown = container[field];
  if (field === 'resources') return Object.values(container.resources ?? {}).some((part) => Object.keys((part as object | undefined) ?? {}).length > 0);
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}

/** Mounts of a part of a volume stay until the pod ends, which is too long. */
function validateMounts({ volumeMounts }: EphemeralContainer, path: string): FieldError[] {
  return each(volumeMounts, child(path, 'volumeMounts'), (mount, here) =>
    (['subPath', 'subPathExpr'] as const).filter((field) => (mount[field] ?? '') !== '').map((field) => forbidden(child(here, field), refusal)),
  );
}
