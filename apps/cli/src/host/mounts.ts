import { readFileSync } from 'node:fs';
import { run } from './run.ts';

/** Mount points at or below `path`, deepest first (proc(5), mountinfo). */
export function mountsBelow(path: string): readonly string[] {
  const prefix = path.endsWith('/') ? path : `${path}/`;
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => unescape(line.split(' ')[4] ?? ''))
    .filter((point) => point === path || point.startsWith(prefix))
    .toReversed();
}

/** Unmounts everything at or below `path`; what is busy is detached and goes when its last user does. */
export async function unmountBelow(path: string): Promise<void> {
  for (const point of mountsBelow(path)) {
    if ((await run('umount', [point])).code !== 0) await run('umount', ['-l', point]);
  }
}

/** mountinfo writes blanks, tabs, newlines and backslashes as three octal digits. */
function unescape(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
