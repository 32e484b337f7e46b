import { AsyncLocalStorage } from 'node:async_hooks';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { troubles } from './troubles.ts';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository, and the command that is tested. */
export const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const rhythm = join(repository, 'rhythm');

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How long something may take that comes by itself. Long: it is there to find what never comes, not to judge how fast we are. */
export const patienceMs = 120_000;

/** The last command that was run while somebody waits, for what is said when he waited in vain. */
const looking = new AsyncLocalStorage<{ last: string }>();
const tailMax = 2_000;

export interface ExecOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Killed after this long; default 180 s. */
  readonly timeoutMs?: number;
}

/** Runs a command to its end, whatever it ends with. */
export function exec(command: string, args: readonly string[], options: ExecOptions = {}): Promise<Output> {
  const look = looking.getStore();
  return new Promise((done, reject) => {
    const child = spawn(command, [...args], { env: options.env ?? process.env, stdio: ['pipe', 'pipe', 'pipe'], timeout: options.timeoutMs ?? 180_000 });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (look !== undefined) look.last = `${command} ${args.join(' ')} ended with ${signal ?? code}\n${(stdout + stderr).slice(-tailMax)}`;
      done({ code: code ?? 255, stdout, stderr: signal === null ? stderr : `${stderr}\n(ended by ${signal}, after ${options.timeoutMs ?? 180_000} ms at the latest)` });
    });
  });
}

/** Runs a command that must succeed; gives its standard output. */
export async function ok(command: string, args: readonly string[], options: ExecOptions = {}): Promise<string> {
  const output = await exec(command, args, options);
  if (output.code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${output.code}\n${output.stdout}${output.stderr}`);
  return output.stdout;
}

/** Asks until `look` gives something; fails after `timeoutMs` with the last error, and what the last command said. */
export async function eventually<T>(look: () => Promise<T | undefined | false>, what: string | (() => string), timeoutMs = patienceMs): Promise<T> {
  const end = performance.now() + timeoutMs;
  const seen = { last: '' };
  let last: unknown;
  for (;;) {
    try {
      const found = await looking.run(seen, look);
      last = undefined;
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) {
      const why = last instanceof Error ? last.message : '';
      const said = [why, why.includes(seen.last) ? '' : seen.last].filter((text) => text !== '').join('\n');
      throw new Error(`${typeof what === 'string' ? what : what()}: not within ${timeoutMs} ms${said === '' ? '' : `; last: ${said}`}`, { cause: last });
    }
    await new Promise((next) => setTimeout(next, 100));
  }
}

/** The folders of all clusters that this test file has to do with: when a test fails, their logs are looked at. */
export const known = new Set<string>();

/** A cluster that `rhythm up` started in a folder. */
export class Cluster {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
    known.add(dir);
  }

  get kubeconfig(): string {
    return join(this.dir, 'admin.kubeconfig');
  }

  get env(): NodeJS.ProcessEnv {
    return { ...process.env, KUBECONFIG: this.kubeconfig };
  }

  /** `rhythm VERB --dir DIR ARGS…` */
  rhythm(verb: string, ...args: string[]): Promise<Output> {
    return exec(rhythm, [verb, '--dir', this.dir, ...args], { timeoutMs: 180_000 });
  }

  /** kubectl 1.35, which must succeed; gives its standard output. */
  kubectl(...args: string[]): Promise<string> {
    return ok(rhythm, ['kubectl', '--dir', this.dir, ...args]);
  }

  /** kubectl 1.35, whatever it ends with. */
  tryKubectl(...args: string[]): Promise<Output> {
    return exec(rhythm, ['kubectl', '--dir', this.dir, ...args]);
  }

  /** Creates what a manifest says. */
  apply(manifest: string): Promise<string> {
    return ok(rhythm, ['kubectl', '--dir', this.dir, 'apply', '-f', '-'], { input: manifest });
  }

  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.kubectl(...args, '-o', 'json')) as T;
  }

  /** The pid in `DIR/run/NAME.pid`. */
  pid(name: string): number {
    return Number(readFileSync(join(this.dir, 'run', `${name}.pid`), 'utf8'));
  }
}

/** A temporary folder for a cluster. */
export function clusterFolder(): string {
  return mkdtempSync(join(tmpdir(), 'rhythm-e2e-'));
}

/** `rhythm up --detach` on a free port; its output is in the error when it fails. */
export async function upCluster(dir: string, ...args: string[]): Promise<{ cluster: Cluster; output: string; seconds: number }> {
  const from = performance.now();
  known.add(dir);
  const output = await exec(rhythm, ['up', '--dir', dir, '--detach', '--port', '0', ...args], { timeoutMs: 300_000 });
  if (output.code !== 0) throw new Error(`rhythm up ended with ${output.code}\n${output.stdout}${output.stderr}${troubles(dir)}`);
  return { cluster: new Cluster(dir), output: output.stdout, seconds: (performance.now() - from) / 1000 };
}

/** Takes a cluster away with everything it left; fails when that does not work. */
export async function purgeCluster(dir: string): Promise<void> {
  if (existsSync(join(dir, 'config.json'))) await ok(rhythm, ['down', '--dir', dir, '--purge'], { timeoutMs: 180_000 });
  rmSync(dir, { recursive: true, force: true });
}

/** Ends a child and waits until it has gone. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const gone = new Promise<number | null>((done) => child.once('exit', done));
  child.kill(signal);
  return gone;
}
