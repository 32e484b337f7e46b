import { mkdirSync, statfsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '@rhythm/base';
import { pauseImage } from '../images/local-images.ts';
import { lastLogLine, launch, type ProcessFolders } from '../processes/launch.ts';
import { readPidFile } from '../processes/pid-file.ts';
import { containerdConfig } from './containerd-config.ts';
import { containerdConfigFile, containerdSpec, type ContainerdOptions } from './containerd-spec.ts';

/** Magic numbers of file systems that cannot carry an overlay's upper layer (statfs(2)). */
const overlayMagic = 0x794c7630;
const startMsMax = 60_000;
const pollMs = 25;

/** Debian's place for CNI plugins. */
export const cniBinDir = '/usr/lib/cni';

/** The snapshotter that works on the file system of `path`. */
export function snapshotterFor(path: string): 'overlayfs' | 'native' {
  return statfsSync(path).type === overlayMagic ? 'native' : 'overlayfs';
}

/** Writes the configuration of a cluster's own containerd. */
function writeContainerdConfig(options: ContainerdOptions): void {
  mkdirSync(options.root, { recursive: true, mode: 0o711 });
  mkdirSync(options.runtimeDirectory, { recursive: true, mode: 0o711 });
  const config = containerdConfig({
    root: join(options.root, 'root'),
    state: join(options.runtimeDirectory, 'containerd'),
    socket: options.socket,
    runcRoot: join(options.runtimeDirectory, 'runc'),
    cniConfDir: options.cniConfDir,
    cniBinDir,
    snapshotter: snapshotterFor(options.root),
    sandboxImage: pauseImage,
  });
  writeFileSync(containerdConfigFile(options), config, { mode: 0o600 });
}

/** Starts containerd unless it runs, and waits until its socket answers. */
export async function startContainerd(clock: Clock, folders: ProcessFolders, options: ContainerdOptions): Promise<void> {
  writeContainerdConfig(options);
  const spec = containerdSpec(options);
  if (readPidFile(folders.run, spec.name) === undefined) await launch(folders, spec);
  const end = clock.monotonic() + startMsMax;
  while (!(await answers(options.socket))) {
    if (readPidFile(folders.run, spec.name) === undefined) throw new Error(`containerd ended: ${lastLogLine(folders, spec.name)}`);
    if (clock.monotonic() > end) throw new Error(`containerd does not answer on ${options.socket}: ${lastLogLine(folders, spec.name)}`);
    await clock.sleep(pollMs);
  }
}

/** Whether something listens on a unix socket. */
export function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.on('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.on('error', () => resolve(false));
  });
}
