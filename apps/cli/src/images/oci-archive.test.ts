import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ociArchive } from './oci-archive.ts';
import { tar, type TarEntry } from './tar.ts';

const made: string[] = [];
afterEach(() => made.splice(0).forEach((directory) => rmSync(directory, { recursive: true, force: true })));

function extract(archive: Buffer): string {
  const directory = mkdtempSync(join(tmpdir(), 'rhythm-oci-'));
  made.push(directory);
  writeFileSync(join(directory, 'a.tar'), archive);
  execFileSync('tar', ['-xf', 'a.tar'], { cwd: directory });
  return directory;
}

const layer: readonly TarEntry[] = [
  { type: 'directory', path: 'bin' },
  { type: 'file', path: 'bin/tool', content: Buffer.from('#!/bin/sh\n'), mode: 0o755 },
  { type: 'symlink', path: 'bin/alias', target: 'tool' },
];

test('an archive is what tar reads, with modes and links', () => {
  const directory = extract(tar(layer));
  expect(readdirSync(join(directory, 'bin'))).toEqual(['alias', 'tool']);
  expect(readFileSync(join(directory, 'bin/alias'), 'utf8')).toBe('#!/bin/sh\n');
  expect(execFileSync('tar', ['-tvf', join(directory, 'a.tar')]).toString()).toMatch(/^-rwxr-xr-x root\/root +10 1970-01-01/m);
});

test('a path longer than the header holds is refused', () => {
  expect(() => tar([{ type: 'directory', path: 'x'.repeat(100) }])).toThrow('path too long');
});

test('equal images are equal bytes, and every digest fits its blob', () => {
  const images = [{ name: 'rhythm.local/x:v1', layers: [layer], cmd: ['/bin/tool'] }];
  const archive = ociArchive(images, 'x64');
  expect(ociArchive(images, 'x64').equals(archive)).toBe(true);
  const directory = extract(archive);
  for (const digest of readdirSync(join(directory, 'blobs/sha256'))) {
    expect(createHash('sha256').update(readFileSync(join(directory, 'blobs/sha256', digest))).digest('hex')).toBe(digest);
  }
  const index = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as { manifests: Array<{ digest: string; annotations: Record<string, string>; platform: unknown }> };
  expect(index.manifests[0]).toMatchObject({ platform: { architecture: 'amd64', os: 'linux' }, annotations: { 'io.containerd.image.name': 'rhythm.local/x:v1', 'org.opencontainers.image.ref.name': 'v1' } });
});
