import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { formatMicroTime, randomSuffix, toError, type Clock, type Instant, type Random } from '@rhythm/base';
import { parseQuantity } from '@rhythm/api';
import type { Container, Pod, Volume } from '@rhythm/api/types/core-v1';
import type { Mount } from '@rhythm/cri';
import { segment, type NodePaths } from '../paths.ts';
import type { DownwardContext } from '../spec/downward.ts';
import { expand } from '../spec/expand.ts';
import { makeVolumeDirectory, writeAtomically } from './atomic-writer.ts';
import { prepareHostPath } from './host-path.ts';
import { isMountPoint, mountMemory, unmountBelow } from './mounts.ts';
import { isConfidential, isWritten, MountError, volumeFiles } from './payload.ts';
import type { ReferenceCache } from './reference-cache.ts';
import { bindSubPath } from './sub-path.ts';
import type { TokenManager } from './token-manager.ts';

export interface VolumePorts {
  readonly paths: NodePaths;
  readonly clock: Clock;
  readonly random: Random;
  readonly references: ReferenceCache;
  readonly tokens: TokenManager;
}

/** Mounts the file system for Secrets and tokens, once per boot. */
export async function prepareNode({ memory }: NodePaths): Promise<void> {
  await makeVolumeDirectory(memory, 0o700);
  if (!(await isMountPoint(memory))) await mountMemory(memory, '0700');
}

/** The volumes of the pods of this node, as folders of the machine. */
export class VolumeManager {
  readonly #ports: VolumePorts;

  constructor(ports: VolumePorts) {
    this.#ports = ports;
  }

  /** Sets up or refreshes every volume. @throws MountError with the volume's name; the others are set up all the same. */
  async mount(pod: Pod, downward: DownwardContext): Promise<void> {
    const failures: MountError[] = [];
    for (const volume of pod.spec.volumes ?? []) {
      try {
        await this.#setUp(pod, volume, downward);
      } catch (error) {
        failures.push(new MountError(`MountVolume.SetUp failed for volume "${volume.name}" : ${toError(error).message}`, { cause: error }));
      }
    }
    if (failures[0] !== undefined) throw failures[0];
  }

  /** The mounts of a container; subPaths are bound freshly, so they show what the volume holds now. */
  async containerMounts(pod: Pod, container: Container, env: ReadonlyMap<string, string>): Promise<Mount[]> {
    const mounts: Mount[] = [];
    for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
      const volume = pod.spec.volumes?.find((candidate) => candidate.name === mount.name);
      if (volume === undefined) throw new MountError(`volumeMount "${mount.name}" names no volume of the pod`);
      const readonly = mount.readOnly === true || isWritten(volume);
      const sub = mount.subPathExpr === undefined ? (mount.subPath ?? '') : expand(mount.subPathExpr, (name) => env.get(name));
      let hostPath = this.#directory(pod, volume);
      if (sub !== '') {
        const target = `${this.#ports.paths.pod(pod.metadata.uid ?? '')}/volume-subpaths/${segment(volume.name)}/${segment(container.name)}/${index}`;
        await bindSubPath(hostPath, sub, target, !readonly);
        hostPath = target;
      }
      const propagation = mount.mountPropagation === 'Bidirectional' ? 'bidirectional' : mount.mountPropagation === 'HostToContainer' ? 'host-to-container' : 'private';
      mounts.push({ containerPath: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`, hostPath, readonly, propagation });
    }
    return mounts;
  }

  /** When a token of the pod wants renewal. */
  refreshAt(uid: string): Instant | undefined {
    return this.#ports.tokens.refreshAt(uid);
  }

  /** Unmounts and removes everything of a pod. Idempotent. */
  async cleanUp(uid: string): Promise<void> {
    const { paths, references, tokens } = this.#ports;
    await references.release(uid);
    tokens.forget(uid);
    await unmountBelow(paths.pod(uid));
    await rm(paths.podMemory(uid), { recursive: true, force: true });
    await rm(paths.pod(uid), { recursive: true, force: true });
  }

  async #setUp(pod: Pod, volume: Volume, downward: DownwardContext): Promise<void> {
    const directory = this.#directory(pod, volume);
    const gid = pod.spec.securityContext?.fsGroup;
    if (isWritten(volume)) {
      const { references, tokens, clock, random } = this.#ports;
      const files = await volumeFiles(volume, { pod, references: references.of(pod), downward, token: (request) => tokens.token(pod, request) });
      await makeVolumeDirectory(directory, 0o755, gid);
      const version = `${formatMicroTime(clock.now()).replaceAll(/[-:TZ]/g, '_')}${randomSuffix(random)}`;
      await writeAtomically(directory, files, { version, ...(gid === undefined ? {} : { gid }) });
    } else if (volume.emptyDir !== undefined) await this.#emptyDir(directory, volume.emptyDir, gid);
    else if (volume.hostPath !== undefined) await prepareHostPath(volume.hostPath);
    else throw new MountError(`this node has no support for volumes of type ${Object.keys(volume).find((key) => key !== 'name') ?? 'unknown'}`);
  }

  async #emptyDir(directory: string, source: NonNullable<Volume['emptyDir']>, gid: number | undefined): Promise<void> {
    if (source.medium !== undefined && source.medium !== '' && source.medium !== 'Memory') throw new MountError(`emptyDir medium ${source.medium} is not supported`);
    const memory = source.medium === 'Memory';
    // What is there belongs to the containers, with its permissions.
    if (memory ? await isMountPoint(directory) : existsSync(directory)) return;
    await makeVolumeDirectory(directory, 0o777, gid);
    if (!memory) return;
    const limit = source.sizeLimit === undefined ? 0n : parseQuantity(source.sizeLimit).nano / 1_000_000_000n;
    await mountMemory(directory, '0777', limit > 0n ? limit : undefined);
    await makeVolumeDirectory(directory, 0o777, gid);
  }

  #directory(pod: Pod, volume: Volume): string {
    const uid = pod.metadata.uid ?? '';
    if (volume.hostPath !== undefined) return volume.hostPath.path;
    const name = segment(volume.name);
    if (isConfidential(volume)) return `${this.#ports.paths.podMemory(uid)}/${name}`;
    const kind = volume.emptyDir !== undefined ? 'empty-dir' : volume.configMap !== undefined ? 'configmap' : 'downward-api';
    return `${this.#ports.paths.pod(uid)}/volumes/kubernetes.io~${kind}/${name}`;
  }
}
