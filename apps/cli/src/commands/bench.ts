import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FlagError } from '@rhythm/config';
import { repository } from '../processes/app-specs.ts';

/** Runs a bench of `bench/` with what follows its name; without a name lists them. Returns its exit code. Throws FlagError for a name that is none. */
export async function bench([name, ...args]: readonly string[], write: (text: string) => void): Promise<number> {
  const folder = join(repository, 'bench');
  const names = readdirSync(folder).flatMap((file) => (file.endsWith('.ts') ? file.slice(0, -'.ts'.length) : []));
  if (name === undefined || name === '--help') {
    const width = Math.max(...names.map((one) => one.length));
    write(`${names.map((one) => `  ./rhythm bench ${one.padEnd(width)}  ${firstSentence(readFileSync(join(folder, `${one}.ts`), 'utf8'))}`).join('\n')}\n`);
    return 0;
  }
  if (!names.includes(name)) throw new FlagError(`no bench is called ${JSON.stringify(name)}; there are ${names.join(', ')}`);
  const child = spawn(process.execPath, [join(folder, `${name}.ts`), ...args], { stdio: 'inherit' });
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
}

/** Of the comment that a bench begins with. */
function firstSentence(source: string): string {
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(source)?.[1]?.replaceAll(/\s*\n \* ?/g, ' ').trim() ?? '';
  return /^.*?[.:](?=\s|$)/.exec(comment)?.[0].slice(0, -1) ?? comment;
}
