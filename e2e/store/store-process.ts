import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock, systemRandom } from '@rhythm/base';
import { anyPort } from '@rhythm/grpc/testing';
import { createAuthority } from '@rhythm/pki';
import { etcdctlPatience } from './etcd-process.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const bundle = join(root, 'apps/store/dist/main.mjs');
const readyMsMax = 120_000;

export interface EtcdctlOptions {
  readonly input?: string;
  /** It must fail; gives what it says then. */
  readonly fails?: boolean;
  /** Another one, in plain text. */
  readonly endpoint?: string;
  /** Default 120 s. */
  readonly timeoutMs?: number;
}

/** A store of its own: a process, a folder, certificates. */
export interface StoreProcess {
  /** `127.0.0.1:PORT`, the same over restarts. */
  readonly endpoint: string;
  readonly folder: string;
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly pid: number;
  log(): string;
  kill(signal: NodeJS.Signals): Promise<void>;
  start(): Promise<void>;
  /** Runs Debian's etcdctl (API 3, with the client certificate). */
  etcdctl(args: readonly string[], options?: EtcdctlOptions): Promise<string>;
  /** Leaves one running, for watches and keep-alives. */
  etcdctlProcess(args: readonly string[]): ChildProcess;
  remove(): Promise<void>;
}

/** `prefix`: what the store's command line begins with, for a store in a namespace; told the data folder, which exists. `moreFlags` come last. */
export async function storeProcess(prefix: (data: string) => readonly string[] = () => [], moreFlags: readonly string[] = []): Promise<StoreProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'rhythm-store-e2e-'));
  const built = spawnSync(process.execPath, [join(root, 'tools/bundle.mjs'), 'store'], { cwd: root, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the store cannot be bundled: ${built.stderr}`);
  const tls = await certificates(folder);
  const endpointFile = join(folder, 'endpoint');
  const logFile = join(folder, 'log');
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  const before = prefix(data);
  let child: ChildProcess | undefined;
  const port = await anyPort();
  let endpoint = '';
  const log = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');

  const start = async (): Promise<void> => {
    rmSync(endpointFile, { force: true });
    const args = [
      bundle, '--name', 'a', '--data-dir', data, '--port', String(port), '--endpoint-file', endpointFile,
      '--cert-file', join(folder, 'server.crt'), '--key-file', join(folder, 'server.key'), '--client-ca-file', tls.ca, ...moreFlags,
    ];
    child = spawn('/bin/sh', ['-c', `exec "$@" 2>>"${logFile}"`, 'sh', ...before, process.execPath, ...args], { stdio: 'ignore' });
    const until = Date.now() + readyMsMax;
    while (!existsSync(endpointFile)) {
      if (child.exitCode !== null) throw new Error(`the store ended with ${child.exitCode}: ${log()}`);
      if (Date.now() > until) throw new Error(`the store is not ready after ${readyMsMax} ms: ${log()}`);
      await new Promise((done) => setTimeout(done, 10));
    }
    endpoint = readFileSync(endpointFile, 'utf8').trim();
  };

  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((done) => running.once('exit', done));
    running.kill(signal);
    await ended;
  };

  const flags = (): string[] => [...etcdctlPatience, '--endpoints', endpoint, '--cacert', tls.ca, '--cert', tls.cert, '--key', tls.key];
  const environment = { ...process.env, ETCDCTL_API: '3' };

  await start();
  return {
    get endpoint() {
      return endpoint;
    },
    get pid() {
      return child?.pid ?? 0;
    },
    folder,
    tls,
    log,
    kill,
    start,
    etcdctl: (args, options = {}) =>
      new Promise((done, reject) => {
        const running = execFile('etcdctl', [...(options.endpoint === undefined ? flags() : [...etcdctlPatience, '--endpoints', options.endpoint]), ...args], { env: environment, timeout: options.timeoutMs ?? 120_000 }, (error, stdout, stderr) => {
          if (options.fails === true && error !== null) done(stderr);
          else if (error !== null || options.fails === true) reject(new Error(`etcdctl ${args.join(' ')}: ${error?.message ?? 'did not fail'} ${stdout}${stderr}`));
          else done(stdout);
        });
        if (options.input !== undefined) running.stdin?.end(options.input);
      }),
    etcdctlProcess: (args) => spawn('etcdctl', [...flags(), ...args], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] }),
    remove: async () => {
      await kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Collects what a process writes until `pattern` is in it. */
export function outputUntil(child: ChildProcess, pattern: RegExp, timeoutMs = 120_000): Promise<string> {
  return new Promise((done, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error(`no ${String(pattern)} within ${timeoutMs} ms in: ${text}`)), timeoutMs);
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (!pattern.test(text)) return;
      clearTimeout(timer);
      done(text);
    });
  });
}

async function certificates(folder: string): Promise<StoreProcess['tls']> {
  const authority = await createAuthority('rhythm-store-ca', { clock: systemClock, random: systemRandom });
  const server = await authority.issue({ commonName: 'store', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], usages: ['server'] });
  const client = await authority.issue({ commonName: 'rhythm-apiserver', usages: ['client'] });
  const files = { 'ca.crt': authority.certPem, 'server.crt': server.certPem, 'server.key': server.keyPem, 'client.crt': client.certPem, 'client.key': client.keyPem };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  return { ca: join(folder, 'ca.crt'), cert: join(folder, 'client.crt'), key: join(folder, 'client.key') };
}
