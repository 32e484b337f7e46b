import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessMemory } from './rest.ts';
import { trimLibrary } from './trim-library.ts';

/** V8's `gc`, which Node has with `--expose-gc`. */
type Collect = (options: { readonly type: 'major'; readonly execution: 'sync'; readonly flavor: 'last-resort' }) => void;

/** This process. Without `--expose-gc` nothing is collected, without glibc nothing is trimmed. */
export const nodeMemory: ProcessMemory = {
  bytes: () => process.memoryUsage.rss(),
  cpuMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
  collect: () => {
    const { gc } = globalThis as { gc?: Collect };
    // This flavour makes the heap small; what was just used may have to be compiled again.
    gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  },
  trim: () => {
    const library = process.platform === 'linux' ? trimLibrary(process.arch) : undefined;
    if (library !== undefined) load(library);
  },
};

/** Lets the loader read a library, which runs its initialiser, and forget it again. Where that cannot be, nothing happens: no room for a file is no reason to end. */
function load(library: Uint8Array): void {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(tmpdir(), 'rhythm-trim-'));
    const file = join(folder, 'trim.so');
    writeFileSync(file, library, { mode: 0o600 });
    process.dlopen({ exports: {} }, file);
  } catch {
    // Always: no addon of Node is in it. By then the loader has called what it names, or there is no such function here.
  }
  try {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  } catch {
    // A temporary folder stays.
  }
}
