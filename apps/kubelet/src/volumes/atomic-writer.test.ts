import { lstatSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkPath, writeAtomically, type VolumeFile } from './atomic-writer.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rhythm-volume-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const file = (path: string, text: string, mode = 0o644): VolumeFile => ({ path, data: Buffer.from(text), mode });
const shown = (): string[] => readdirSync(folder).filter((name) => !name.startsWith('..')).toSorted();

test('shows all files at once, through one link', async () => {
  expect(await writeAtomically(folder, [file('a', '1'), file('deep/b', '2', 0o400)], { version: 'v1' })).toBe(true);
  expect(readlinkSync(join(folder, '..data'))).toBe('..v1');
  expect(readlinkSync(join(folder, 'a'))).toBe('..data/a');
  expect(readFileSync(join(folder, 'deep/b'), 'utf8')).toBe('2');
  expect(statSync(join(folder, 'deep/b')).mode & 0o777).toBe(0o400);
});

test('changes by a new version, keeps what is the same, removes the old', async () => {
  await writeAtomically(folder, [file('a', '1'), file('b', '2')], { version: 'v1' });
  expect(await writeAtomically(folder, [file('a', '1'), file('b', '2')], { version: 'v2' })).toBe(false);
  expect(readlinkSync(join(folder, '..data'))).toBe('..v1');
  expect(await writeAtomically(folder, [file('a', 'new'), file('c', '3')], { version: 'v3' })).toBe(true);
  expect(shown()).toEqual(['a', 'c']);
  expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('new');
  expect(readdirSync(folder)).not.toContain('..v1');
});

test('never follows a link when it cleans up', async () => {
  const outside = mkdtempSync(join(tmpdir(), 'rhythm-outside-'));
  writeFileSync(join(outside, 'precious'), 'x');
  await writeAtomically(folder, [file('a', '1')], { version: 'v1' });
  symlinkSync(outside, join(folder, '..v1', 'trap'));
  await writeAtomically(folder, [file('a', '2')], { version: 'v2' });
  expect(lstatSync(join(outside, 'precious')).isFile()).toBe(true);
  rmSync(outside, { recursive: true });
});

test.each(['', '/etc/passwd', '../x', 'a/../../x', '..data', 'a//b', './a', 'a\0b', '..2020/x'])('refuses the path %j', (path) => {
  expect(() => checkPath(path)).toThrow('is not a path inside a volume');
});

test.each(['a', 'a/b.c', '.hidden', '__proto__', 'x..y'])('takes the path %j', (path) => expect(checkPath(path)).toBe(path));
