import { ApiError, invalidValue, type FieldError, type KindDefinition, type KubeObject } from '@rhythm/api';
import type { CustomResourceSubresourceScale } from '@rhythm/api/types/apiextensions-v1';
import { simplePath } from './json-path.ts';

type Members = Record<string, unknown>;

const replicasMax = 2 ** 31 - 1;

/** What a custom resource's object says of its scale. */
export interface ScaleValues {
  readonly wanted: number | undefined;
  readonly present: number;
  readonly selector: string;
}

/** Reads the scale of a custom resource by the paths of its definition; undefined for kinds with no such paths. */
export function readScale({ custom }: KindDefinition, object: KubeObject): ScaleValues | undefined {
  if (custom?.scale === undefined) return undefined;
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = custom.scale;
  const wanted = valueAt(object, specReplicasPath);
  const present = valueAt(object, statusReplicasPath);
  const selector = labelSelectorPath === undefined ? '' : valueAt(object, labelSelectorPath);
  return { wanted: typeof wanted === 'number' ? wanted : undefined, present: typeof present === 'number' ? present : 0, selector: typeof selector === 'string' ? selector : '' };
}

/** Writes the wanted number of replicas where the definition says. */
export function writeReplicas({ custom }: KindDefinition, object: object, replicas: number): void {
  const steps = simplePath(custom?.scale?.specReplicasPath ?? '') ?? [];
  const last = steps.at(-1);
  if (last === undefined) throw new ApiError('InternalError', `the definition ${custom?.definition ?? ''} names no path of replicas`);
  let members = object as Members;
  for (const step of steps.slice(0, -1)) {
    const inner = Object.hasOwn(members, step) ? members[step] : undefined;
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) members = inner as Members;
    else members = members[step] = {};
  }
  members[last] = replicas;
}

/** What is wrong with the numbers and the selector that a custom resource's scale is read from. */
export function scaleErrors({ specReplicasPath, statusReplicasPath, labelSelectorPath }: CustomResourceSubresourceScale, object: KubeObject): FieldError[] {
  const selector = labelSelectorPath === undefined ? undefined : valueAt(object, labelSelectorPath);
  return [
    ...[specReplicasPath, statusReplicasPath].flatMap((path) => replicasErrors(path, valueAt(object, path))),
    ...(labelSelectorPath === undefined || selector === undefined || typeof selector === 'string' ? [] : [invalidValue(labelSelectorPath, '', 'should be a string')]),
  ];
}

function replicasErrors(path: string, value: unknown): FieldError[] {
  if (value === undefined) return [];
  if (typeof value !== 'number' || !Number.isInteger(value)) return [invalidValue(path, 0, 'should be an integer')];
  if (value < 0) return [invalidValue(path, value, 'should be a non-negative integer')];
  return value > replicasMax ? [invalidValue(path, value, `should be less than or equal to ${replicasMax}`)] : [];
}

function valueAt(object: KubeObject, path: string): unknown {
  return (simplePath(path) ?? []).reduce<unknown>((part, step) => (typeof part === 'object' && part !== null && Object.hasOwn(part, step) ? (part as Members)[step] : undefined), object);
}
