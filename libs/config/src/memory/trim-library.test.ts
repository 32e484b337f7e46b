import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { trimLibrary } from './trim-library.ts';

const folder = mkdtempSync(join(tmpdir(), 'trim-library-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the loader says of a library that is no addon of Node. */
function load(bytes: Uint8Array): string {
  const file = join(folder, 'library.so');
  writeFileSync(file, bytes);
  try {
    process.dlopen({ exports: {} }, file);
  } catch (error) {
    return (error as Error).message;
  } finally {
    rmSync(file);
  }
  return 'is an addon';
}

const here = trimLibrary(process.arch);

// Elsewhere there is nothing that could take it: `nodeMemory.trim` does nothing there.
test.runIf(process.platform === 'linux' && here !== undefined)('the loader takes the library, finds the function that it names, and can do so again', () => {
  const bytes = here ?? new Uint8Array();
  expect(load(bytes)).toContain('did not self-register');
  expect(load(bytes)).toContain('did not self-register');
  // The name is looked up: a function that there is not is missed.
  const other = Buffer.from(bytes);
  other.write('malloc_trum', other.indexOf('malloc_trim'), 'latin1');
  expect(load(other)).toContain('malloc_trum');
});

test('there is one for the processors that are known, each with its own relocation, and none for others', () => {
  const [x64, arm64] = [trimLibrary('x64'), trimLibrary('arm64')].map((bytes) => Buffer.from(bytes ?? []));
  expect([x64?.readUInt16LE(18), arm64?.readUInt16LE(18)]).toEqual([62, 183]);
  expect([x64?.readUInt32LE(0x230), arm64?.readUInt32LE(0x230)]).toEqual([1, 257]);
  for (const arch of ['ia32', '__proto__', 'constructor']) expect(trimLibrary(arch)).toBeUndefined();
});
