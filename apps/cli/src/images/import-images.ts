import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOk } from '../host/run.ts';

/** containerd's namespace for what the CRI plugin manages. */
const criNamespace = 'k8s.io';

/** The names of the images a containerd holds for pods. */
export async function importedImages(socket: string): Promise<ReadonlySet<string>> {
  const names = await runOk('ctr', ['--address', socket, '--namespace', criNamespace, 'images', 'list', '--quiet']);
  return new Set(names.split('\n').filter((name) => name !== ''));
}

/** Imports an archive of images into a containerd, for pods to use. `scratch` is a folder for the archive meanwhile. */
export async function importImages(socket: string, snapshotter: string, archive: Buffer, scratch: string): Promise<void> {
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  const file = join(scratch, 'images.tar');
  try {
    writeFileSync(file, archive, { mode: 0o600 });
    await runOk('ctr', ['--address', socket, '--namespace', criNamespace, 'images', 'import', '--snapshotter', snapshotter, file]);
  } finally {
    rmSync(file, { force: true });
  }
}
