import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { levelSpace } from './level-space.ts';
import { syncDirectory } from './node-files.ts';
import type { Spaces } from './spaces.ts';

const firstName = 'state';
const pointerName = 'state.current';

/**
 * Key spaces in LevelDB directories of `parent`: `state` at first, then `state.1`, `state.2` and so on; the file `state.current`,
 * replaced by rename, names the one that counts.
 */
export function levelSpaces(parent: string): Spaces {
  let current = firstName;
  const preparing = new Set<string>();
  const others = async (): Promise<string[]> => (await readdir(parent)).filter((name) => name !== current && !preparing.has(name) && /^state(\.[0-9]+)?$/.test(name));
  const clean = async (): Promise<void> => {
    for (const name of await others()) await rm(join(parent, name), { recursive: true, force: true });
  };
  return {
    open: async () => {
      await mkdir(parent, { recursive: true, mode: 0o700 });
      current = await pointer(parent);
      await clean();
      return levelSpace(join(parent, current));
    },
    prepare: async () => {
      const numbers = [current, ...preparing, ...(await others())].map((name) => Number(name.slice(firstName.length + 1)));
      const name = `${firstName}.${Math.max(...numbers) + 1}`;
      preparing.add(name);
      const directory = join(parent, name);
      const space = await levelSpace(directory);
      return {
        space,
        adopt: async () => {
          await syncDirectory(directory);
          await syncDirectory(parent);
          await point(parent, name);
          current = name;
          preparing.delete(name);
        },
        discard: async () => {
          await space.close();
          await rm(directory, { recursive: true, force: true });
          preparing.delete(name);
        },
      };
    },
    clean,
  };
}

async function pointer(parent: string): Promise<string> {
  try {
    return (await readFile(join(parent, pointerName), 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return firstName;
    throw error;
  }
}

async function point(parent: string, name: string): Promise<void> {
  const temporary = join(parent, `${pointerName}.tmp`);
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(`${name}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, join(parent, pointerName));
  await syncDirectory(parent);
}
