import { execFile } from 'node:child_process';

/** Runs a program of the machine to its end. Rejects with its complaint; never through a shell. */
export function runCommand(file: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(file, [...args], { encoding: 'utf8', timeout: 30_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${file} ${args[0] ?? ''}: ${stderr.trim() === '' ? error.message : stderr.trim()}`));
    });
  });
}
