/** Starts processes to be measured, and ends them with the bench. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const repository = resolve(import.meta.dirname, '../..');
export const rhythm = resolve(repository, 'rhythm');
export const node = resolve(repository, 'node_modules/.bin/node');

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

export interface Started {
  readonly pid: number;
  /** Ends it and waits until it is gone. */
  end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** What it has written, for an error's message. */
  output(): string;
}

/** Starts a process that writes to a file, never into a pipe that somebody has to empty. */
export async function startProcess(command: string, args: readonly string[], log: string): Promise<Started> {
  const out = openSync(log, 'w');
  const child = spawn(command, args, { stdio: ['ignore', out, out] });
  closeSync(out);
  children.add(child);
  const gone = new Promise<void>((done) => {
    const finish = (): void => {
      children.delete(child);
      done();
    };
    child.once('exit', finish);
    child.once('error', finish);
  });
  await new Promise<void>((done, reject) => {
    child.once('spawn', done);
    child.once('error', (error) => reject(new Error(`${command} cannot be started`, { cause: error })));
  });
  return {
    pid: child.pid ?? -1,
    end: (signal = 'SIGTERM') => {
      child.kill(signal);
      return gone;
    },
    output: () => readFileSync(log, 'utf8'),
  };
}

/** A port of loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((done, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}
