import type { Container, Pod } from '@rhythm/api/types/core-v1';
import type { ContainerConfig, ContainerSecurity, Mount } from '@rhythm/cri';
import { runtimeAnnotations, runtimeLabels } from '../observed/labels.ts';
import { containerHash } from './container-hash.ts';
import { expand } from './expand.ts';
import { containerResources } from './resources.ts';
import { namespaceScopes } from './security.ts';

export interface ContainerInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly attempt: number;
  /** The reference the pull or the check of the image gave. */
  readonly imageRef: string;
  readonly env: ReadonlyMap<string, string>;
  readonly mounts: readonly Mount[];
  readonly security: ContainerSecurity;
  /** The file on the machine behind `terminationMessagePath`. */
  readonly terminationFile: string;
  readonly memoryCapacityBytes: bigint;
  readonly owner: string;
  /** The container whose processes a debugging container joins. */
  readonly targetId?: string | undefined;
}

/** Log files are `<container>/<attempt>.log` below the pod's log folder. */
export const containerLogPath = (name: string, attempt: number): string => `${name}/${attempt}.log`;

/** A container by its spec, everything it refers to resolved. */
export function containerConfig(input: ContainerInput): ContainerConfig {
  const { pod, container, env } = input;
  const lookup = (name: string): string | undefined => env.get(name);
  return {
    name: container.name,
    attempt: input.attempt,
    image: input.imageRef,
    command: (container.command ?? []).map((word) => expand(word, lookup)),
    args: (container.args ?? []).map((word) => expand(word, lookup)),
    workingDir: container.workingDir ?? '',
    env: [...env].map(([name, value]) => ({ name, value })),
    mounts: input.mounts,
    labels: {
      [runtimeLabels.podName]: pod.metadata.name ?? '',
      [runtimeLabels.podNamespace]: pod.metadata.namespace ?? '',
      [runtimeLabels.podUid]: pod.metadata.uid ?? '',
      [runtimeLabels.containerName]: container.name,
      [runtimeLabels.owner]: input.owner,
    },
    annotations: {
      [runtimeAnnotations.containerHash]: containerHash(container),
      [runtimeAnnotations.restartCount]: String(input.attempt),
      [runtimeAnnotations.terminationMessagePath]: container.terminationMessagePath ?? '/dev/termination-log',
      [runtimeAnnotations.terminationMessagePolicy]: container.terminationMessagePolicy ?? 'File',
      [runtimeAnnotations.terminationMessageFile]: input.terminationFile,
      [runtimeAnnotations.gracePeriod]: String(pod.spec.terminationGracePeriodSeconds ?? 30),
    },
    logPath: containerLogPath(container.name, input.attempt),
    stdin: container.stdin === true,
    stdinOnce: container.stdinOnce === true,
    tty: container.tty === true,
    resources: containerResources(pod, container, input.memoryCapacityBytes),
    security: input.security,
    namespaces: { ...namespaceScopes(pod), ...(input.targetId === undefined ? {} : { pidOf: input.targetId }) },
  };
}
