import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeMemory } from './node-memory.ts';

let folder: string;
const before = process.env['TMPDIR'];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'node-memory-'));
});
afterEach(() => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  rmSync(folder, { recursive: true, force: true });
});

test('to give back free memory leaves no file behind, and works again and again', () => {
  process.env['TMPDIR'] = folder;
  for (let time = 0; time < 3; time++) nodeMemory.trim();
  expect(readdirSync(folder)).toEqual([]);
});

test('where no file can be written nothing happens', () => {
  process.env['TMPDIR'] = join(folder, 'there-is-none');
  expect(() => nodeMemory.trim()).not.toThrow();
});

test('a process knows what it takes', () => {
  expect(nodeMemory.bytes()).toBeGreaterThan(10 * 1024 * 1024);
  expect(nodeMemory.cpuMs()).toBeGreaterThan(0);
  expect(() => nodeMemory.collect()).not.toThrow();
});
