import type { Container, PodSpec } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, ofEach } from '../../validation/field-error.ts';
import { each } from '../../validation/values.ts';

/** In the order in which upstream walks over them. */
const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** The errors of all containers of a pod, each under its own path. */
export function eachContainer(spec: PodSpec, path: string, rule: (container: Container, path: string) => readonly FieldError[]): FieldError[] {
  return ofEach(lists, (list) => each<Container>(spec[list], child(path, list), rule));
}
