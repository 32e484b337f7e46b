/** A cluster of its own for a bench, and its API over HTTPS as the administrator. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rhythm } from './processes.ts';

const run = promisify(execFile);
const errorTextMax = 300;

export interface Cluster {
  readonly dir: string;
  /** The cluster's name in sockets and cgroups. */
  readonly id: string;
  /** Milliseconds that `up` took. */
  readonly upMs: number;
  /** The pid of one of its processes. */
  readonly pid: (app: string) => number;
  /** One call; PATCH is a merge patch. Rejects with what the API server said. */
  readonly call: <T>(method: string, path: string, body?: unknown) => Promise<T>;
  /** The events of a watch, until `end` of the result is called. */
  readonly watch: (path: string, onEvent: (event: WatchEvent) => void) => Promise<{ end(): void }>;
  /** `down --purge`. */
  end(): Promise<void>;
}

export interface WatchEvent {
  readonly type: string;
  readonly object: { readonly metadata: { readonly name: string }; readonly status?: { readonly conditions?: ReadonlyArray<{ readonly type: string; readonly status: string }> } };
}

/** `rhythm up --detach` with `flags` in a folder of its own. */
export async function startCluster(flags: readonly string[]): Promise<Cluster> {
  const dir = mkdtempSync(join(tmpdir(), 'rhythm-bench-'));
  // Also when the bench is interrupted: a cluster must not outlive it.
  const interrupted = (): void => void execFileSync(rhythm, ['down', '--dir', dir, '--purge']);
  process.once('exit', interrupted);
  const end = async (): Promise<void> => {
    process.off('exit', interrupted);
    await run(rhythm, ['down', '--dir', dir, '--purge']).catch((error: unknown) => console.error(error));
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const began = performance.now();
    await run(rhythm, ['up', '--dir', dir, '--detach', '--port', '0', ...flags]);
    const upMs = performance.now() - began;
    const { id, ports } = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8')) as { id: string; ports: { api: number } };
    const pid = (app: string): number => Number(readFileSync(join(dir, 'run', `${app}.pid`), 'utf8').split(/\s/)[0]);
    return { dir, id, upMs, pid, end, ...adminOf(dir, ports.api) };
  } catch (error) {
    await end();
    throw error;
  }
}

/** The API of a cluster, or another server with its certificates, as the administrator. */
export function adminOf(dir: string, port: number): Pick<Cluster, 'call' | 'watch'> {
  const read = (file: string): Buffer => readFileSync(join(dir, 'pki', file));
  const agent = new Agent({ keepAlive: true, ca: read('ca.crt'), cert: read('admin.crt'), key: read('admin.key') });
  const send = (method: string, path: string, body?: unknown): Promise<IncomingMessage> =>
    new Promise((done, reject) => {
      const headers = { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' };
      const sent = request({ agent, host: '127.0.0.1', port, method, path, headers }, done);
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  return {
    call: async <T>(method: string, path: string, body?: unknown): Promise<T> => {
      const response = await send(method, path, body);
      const text = await textOf(response);
      if ((response.statusCode ?? 500) >= 300) throw new Error(`${method} ${path}: ${text.slice(0, errorTextMax)}`);
      return JSON.parse(text) as T;
    },
    watch: async (path, onEvent) => {
      const response = await send('GET', path);
      if (response.statusCode !== 200) throw new Error(`${path}: ${(await textOf(response)).slice(0, errorTextMax)}`);
      let rest = '';
      response.setEncoding('utf8');
      response.on('error', () => undefined);
      response.on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) onEvent(JSON.parse(line) as WatchEvent);
      });
      return { end: () => response.destroy() };
    },
  };
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
