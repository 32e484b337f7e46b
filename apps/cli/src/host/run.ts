import { spawn } from 'node:child_process';

/** A command that could not be run, or ended with an error; one line that says which and why. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly stderr: string;
  readonly code: number | undefined;

  constructor(message: string, stderr: string, code: number | undefined, cause?: unknown) {
    super(message, { cause });
    this.stderr = stderr;
    this.code = code;
  }
}

export interface RunResult {
  /** Exit code; 128 + signal when it was killed. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** What one command may print before we stop reading it. */
const outputBytesMax = 64 * 1024 * 1024;

/** Runs a command to its end and keeps its output; rejects with `CommandError` only when it cannot be started. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { stdio: ['pipe', 'pipe', 'pipe'], env: options.env, cwd: options.cwd });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let bytes = 0;
    const keep = (into: Buffer[]) => (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= outputBytesMax) into.push(chunk);
    };
    child.stdout.on('data', keep(stdout));
    child.stderr.on('data', keep(stderr));
    child.on('error', (error) => reject(new CommandError(`cannot run ${command}`, '', undefined, error)));
    child.on('close', (code, signal) =>
      resolve({ code: code ?? (signal === null ? 1 : 128), stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    );
    // A command that ends before it has read its input is judged by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** `run` for commands that must succeed; gives standard output. */
export async function runOk(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(command, args, options);
  if (result.code === 0) return result.stdout;
  const said = (result.stderr.trim() || result.stdout.trim()).split('\n').filter(Boolean).slice(-2).join(' / ');
  throw new CommandError(`${command} ${args.slice(0, 4).join(' ')} ended with ${result.code}: ${said}`, result.stderr, result.code);
}
