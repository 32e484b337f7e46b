import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

const linesMax = 30;
/** Of each log this much of its end is looked at. */
const tailBytes = 256 * 1024;
const lineMax = 500;

/**
 * The last warnings and errors in the logs of a cluster, a component at a time: what one needs to understand a failure from the output of a test
 * run alone. At most `linesMax` lines of each log; empty when there are none.
 */
export function troubles(dir: string): string {
  const folder = join(dir, 'logs');
  if (!existsSync(folder)) return '';
  return readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .toSorted()
    .map((name) => {
      const lines = tailOf(join(folder, name)).split('\n').filter(isTrouble).slice(-linesMax);
      return lines.length === 0 ? '' : `\n--- ${join(folder, name)}, the last warnings and errors ---\n${lines.map((line) => line.slice(0, lineMax)).join('\n')}\n`;
    })
    .join('');
}

/** Ours are lines of JSON; containerd writes `level=error`; whatever else is there a process has said in its agony. */
function isTrouble(line: string): boolean {
  if (line.trim() === '') return false;
  if (line.startsWith('{')) return /"level":"(warn|error)"/.test(line);
  return line.startsWith('time=') ? /level=(error|fatal|panic)/.test(line) : true;
}

function tailOf(path: string): string {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, tailBytes));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString();
  } finally {
    closeSync(file);
  }
}
