import { spawn } from 'node:child_process';

/** Held until `release`, or until this process ends however it ends. */
export interface FileLock {
  release(): Promise<void>;
}

/** What `flock` ends with when somebody else holds the lock. */
const busyCode = 75;

/**
 * An exclusive flock(2) on a file or folder. Node has no flock, so a child of util-linux's `flock` holds it for as long
 * as its standard input is open: when we die the kernel closes the pipe, and the lock is free.
 * `undefined` when another process has it and `wait` is false.
 */
export function lockFile(path: string, wait: boolean): Promise<FileLock | undefined> {
  return new Promise((resolve, reject) => {
    // In a session of its own, so that Ctrl-C on the terminal does not take the lock away from under us.
    const child = spawn('flock', [...(wait ? [] : ['-n']), '-E', String(busyCode), path, 'sh', '-c', 'echo locked; exec cat >/dev/null'], { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    const ended = new Promise<number | null>((end) => child.on('close', end));
    child.stderr.on('data', (chunk: Buffer) => (said += String(chunk)));
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => reject(new Error(`cannot lock ${path}`, { cause: error })));
    child.stdout.once('data', () => {
      // The lock alone must not keep this process running.
      child.unref();
      for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as unknown as { unref?(): void }).unref?.();
      resolve({
        release: async () => {
          child.ref();
          child.stdin.end();
          await ended;
        },
      });
    });
    void ended.then((code) => (code === busyCode ? resolve(undefined) : reject(new Error(`cannot lock ${path}: ${said.trim()}`))));
  });
}
