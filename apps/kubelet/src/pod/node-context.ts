import type { Service } from '@rhythm/api/types/core-v1';
import type { Clock, Log, Random } from '@rhythm/base';
import type { EventRecorder } from '@rhythm/controller';
import type { Runtime } from '@rhythm/cri';
import type { Cgroups } from '../cgroups.ts';
import type { ImagePuller } from '../containers/image-puller.ts';
import type { Observer } from './observer.ts';
import type { ProbeManager } from '../probes/probe-manager.ts';
import type { SandboxContext } from '../spec/sandbox-config.ts';
import type { StatusWriter } from '../status/status-writer.ts';
import type { ReferenceCache } from '../volumes/reference-cache.ts';
import type { VolumeManager } from '../volumes/volume-manager.ts';

/** What all pods of a node share. Built once in `kubelet.ts`. */
export interface NodeContext extends SandboxContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly runtime: Runtime;
  readonly observer: Observer;
  readonly images: ImagePuller;
  readonly references: ReferenceCache;
  readonly volumes: Pick<VolumeManager, 'mount' | 'containerMounts' | 'cleanUp' | 'refreshAt'>;
  readonly probes: ProbeManager;
  readonly cgroups: Pick<Cgroups, 'create' | 'remove' | 'list'>;
  readonly recorder: EventRecorder;
  readonly statuses: StatusWriter;
  readonly hostIps: readonly string[];
  readonly memoryCapacityBytes: bigint;
  allocatable(): Readonly<Record<string, string>>;
  services(): readonly Service[];
  /** The machine's /etc/hosts. */
  hostHostsFile(): string;
  /** Whether the pod network can map host ports. */
  hostPortsWork(): boolean;
}
