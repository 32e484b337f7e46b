import { ApiError, type KindDefinition, type KubeObject } from '@rhythm/api';
import { simplePath } from './json-path.ts';

type Members = Record<string, unknown>;

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

function valueAt(object: KubeObject, path: string): unknown {
  return (simplePath(path) ?? []).reduce<unknown>((part, step) => (typeof part === 'object' && part !== null && Object.hasOwn(part, step) ? (part as Members)[step] : undefined), object);
}
