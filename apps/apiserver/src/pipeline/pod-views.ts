import type { FieldError, KubeObject } from '@rhythm/api';
import type { Container, Pod } from '@rhythm/api/types/core-v1';
import { deepEqual } from '../registry/deep-equal.ts';

const forbidden = (field: string, why: string): FieldError => ({ type: 'FieldValueForbidden', field, message: `Forbidden: ${why}` });

/** Debugging containers are added; what is there stays as it is. */
export function validateEphemeralContainers(object: KubeObject, current: KubeObject): FieldError[] {
  const wanted = new Map(((object as Pod).spec.ephemeralContainers ?? []).map((container) => [container.name, container]));
  return ((current as Pod).spec.ephemeralContainers ?? []).flatMap((container) => {
    const kept = wanted.get(container.name);
    if (kept === undefined) return [forbidden('spec.ephemeralContainers', `existing ephemeral containers "${container.name}" may not be removed`)];
    return deepEqual(kept, container) ? [] : [forbidden('spec.ephemeralContainers', `existing ephemeral containers "${container.name}" may not be changed`)];
  });
}

/** Of containers only what they may use changes here. */
export function validateResize(object: KubeObject, current: KubeObject): FieldError[] {
  const fixed = (pod: KubeObject): readonly Container[] => (pod as Pod).spec.containers.map((container) => ({ ...container, resources: {}, resizePolicy: [] }));
  return deepEqual(fixed(object), fixed(current)) ? [] : [forbidden('spec', 'only cpu and memory resources are mutable')];
}
