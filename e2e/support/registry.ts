import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tar, type TarEntry } from '@rhythm/cli';
import { anyPort } from '@rhythm/grpc/testing';
import { end, eventually } from './cluster.ts';

/** Debian's docker-registry on loopback, with a folder of its own. */
export interface Registry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** Pushes an image of one layer; gives its full name. */
  push(name: string, tag: string, layer: readonly TarEntry[], cmd: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

export async function startRegistry(): Promise<Registry> {
  const folder = mkdtempSync(join(tmpdir(), 'rhythm-registry-'));
  const port = await anyPort();
  const host = `127.0.0.1:${port}`;
  const config = join(folder, 'config.yml');
  writeFileSync(config, JSON.stringify({ version: 0.1, log: { level: 'error' }, storage: { filesystem: { rootdirectory: join(folder, 'data') } }, http: { addr: host } }));
  const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
  await eventually(async () => (await fetch(`http://${host}/v2/`)).ok, 'docker-registry answers');
  return {
    host,
    push: (name, tag, layer, cmd) => push(host, name, tag, layer, cmd),
    stop: async () => {
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The distribution protocol, as far as a push needs it. */
async function push(host: string, name: string, tag: string, entries: readonly TarEntry[], cmd: readonly string[]): Promise<string> {
  const layer = tar(entries);
  const config = Buffer.from(JSON.stringify({ architecture: process.arch === 'x64' ? 'amd64' : process.arch, os: 'linux', config: { Cmd: cmd, Env: ['PATH=/bin'] }, rootfs: { type: 'layers', diff_ids: [digest(layer)] } }));
  for (const blob of [layer, config]) {
    const session = await must(fetch(`http://${host}/v2/${name}/blobs/uploads/`, { method: 'POST' }));
    const place = new URL(session.headers.get('location') ?? '', `http://${host}`);
    place.searchParams.set('digest', digest(blob));
    await must(fetch(place, { method: 'PUT', body: new Uint8Array(blob), headers: { 'content-type': 'application/octet-stream' } }));
  }
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    config: { mediaType: 'application/vnd.docker.container.image.v1+json', digest: digest(config), size: config.length },
    layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar', digest: digest(layer), size: layer.length }],
  });
  await must(fetch(`http://${host}/v2/${name}/manifests/${tag}`, { method: 'PUT', body: manifest, headers: { 'content-type': 'application/vnd.docker.distribution.manifest.v2+json' } }));
  return `${host}/${name}:${tag}`;
}

async function must(answer: Promise<Response>): Promise<Response> {
  const response = await answer;
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
  return response;
}

function digest(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
