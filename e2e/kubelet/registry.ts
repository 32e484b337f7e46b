import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@rhythm/base';
import { anyPort } from '@rhythm/grpc/testing';

/** Debian's docker-registry on loopback, over plain HTTP. */
export interface Registry {
  /** `127.0.0.1:port` */
  readonly host: string;
  stop(): Promise<void>;
}

export interface RegistryOptions {
  /** A line of `htpasswd -B`; absent: anybody may pull. */
  readonly htpasswd?: string;
}

export async function startRegistry(folder: string, options: RegistryOptions = {}): Promise<Registry> {
  const port = await anyPort();
  mkdirSync(folder, { recursive: true });
  const auth = options.htpasswd === undefined ? '' : `auth:\n  htpasswd:\n    realm: test\n    path: ${folder}/htpasswd\n`;
  if (options.htpasswd !== undefined) writeFileSync(join(folder, 'htpasswd'), `${options.htpasswd}\n`);
  writeFileSync(
    join(folder, 'config.yml'),
    `version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: ${folder}/data\nhttp:\n  addr: 127.0.0.1:${port}\n${auth}`,
  );
  const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
  const host = `127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    if (await fetch(`http://${host}/v2/`).then((reply) => reply.status === 200 || reply.status === 401, () => false)) break;
    if (tries > 2_000 || child.exitCode !== null) throw new Error('docker-registry does not start');
    await systemClock.sleep(50);
  }
  return {
    host,
    stop: () =>
      new Promise((resolve) => {
        child.on('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

/** Pushes the first image of an OCI archive's layout: blobs, then its manifest under a name and tag. */
export async function push(host: string, repository: string, tag: string, blobs: ReadonlyMap<string, Buffer>, manifest: Buffer, authorization?: string): Promise<void> {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
  for (const content of blobs.values()) {
    const start = await fetch(`http://${host}/v2/${repository}/blobs/uploads/`, { method: 'POST', headers });
    const location = new URL(start.headers.get('location') ?? '', `http://${host}`);
    location.searchParams.set('digest', digestOf(content));
    const put = await fetch(location, { method: 'PUT', headers: { ...headers, 'content-type': 'application/octet-stream' }, body: new Uint8Array(content) });
    if (put.status !== 201) throw new Error(`blob not taken: ${put.status}`);
  }
  const put = await fetch(`http://${host}/v2/${repository}/manifests/${tag}`, {
    method: 'PUT',
    headers: { ...headers, 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
    body: new Uint8Array(manifest),
  });
  if (put.status !== 201) throw new Error(`manifest not taken: ${put.status} ${await put.text()}`);
}

export const digestOf = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;
