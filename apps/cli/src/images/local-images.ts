import { readFileSync } from 'node:fs';
import { runOk } from '../host/run.ts';
import { ociArchive, type ImageSpec } from './oci-archive.ts';
import type { TarEntry } from './tar.ts';

export const helloImage = 'rhythm.local/hello:v1';
export const pauseImage = 'rhythm.local/pause:v1';

const busyboxPath = '/bin/busybox';

/**
 * The images that never come from a registry, made of the machine's static busybox: `hello` (shell, `sleep`, `cat`,
 * `tty`, `wget`, `httpd`, `nc` and the rest of busybox) and `pause`, which holds a pod's namespaces.
 */
export async function localImages(): Promise<readonly ImageSpec[]> {
  const applets = (await runOk(busyboxPath, ['--list'])).split('\n').filter((name) => name !== '' && name !== 'busybox');
  const layer = busyboxLayer(readFileSync(busyboxPath), applets);
  return [
    { name: helloImage, layers: [layer], cmd: ['/bin/sh'] },
    { name: pauseImage, layers: [layer], entrypoint: ['/bin/sleep', 'infinity'], user: '65535:65535' },
  ];
}

/** The archive of `localImages`. */
export async function localImageArchive(): Promise<Buffer> {
  return ociArchive(await localImages());
}

function busyboxLayer(busybox: Buffer, applets: readonly string[]): readonly TarEntry[] {
  const text = (path: string, content: string): TarEntry => ({ type: 'file', path, content: Buffer.from(content) });
  return [
    { type: 'directory', path: 'bin' },
    { type: 'file', path: 'bin/busybox', content: busybox, mode: 0o755 },
    ...applets.toSorted().map((name): TarEntry => ({ type: 'symlink', path: `bin/${name}`, target: 'busybox' })),
    { type: 'directory', path: 'etc' },
    text('etc/group', 'root:x:0:\nnogroup:x:65534:\n'),
    text('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n'),
    { type: 'directory', path: 'root', mode: 0o700 },
    { type: 'directory', path: 'tmp', mode: 0o1777 },
    { type: 'directory', path: 'usr' },
    { type: 'symlink', path: 'usr/bin', target: '../bin' },
    { type: 'directory', path: 'var' },
    { type: 'directory', path: 'var/tmp', mode: 0o1777 },
  ];
}
