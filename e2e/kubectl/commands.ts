import { mkdtempSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, inject, test } from 'vitest';
import { spawn, type ChildProcess } from 'node:child_process';
import { Cluster, end, eventually, exec, type Output } from '../support/cluster.ts';

export const busybox = inject('busybox');
export const nginx = inject('nginx');

/** The two ends of the skew that is tested: the one of this API level, and Debian's, fifteen minor versions older. */
export type Version = '1.35' | '1.20';

/** A kubectl at work in one namespace. */
export class Kubectl {
  readonly binary: string;
  readonly namespace: string;
  readonly env: NodeJS.ProcessEnv;
  /** Whether it is 1.20. */
  readonly old: boolean;

  constructor(namespace: string, version: Version = '1.35') {
    this.old = version === '1.20';
    this.binary = inject(this.old ? 'oldKubectl' : 'kubectl');
    this.namespace = namespace;
    this.env = new Cluster(inject('clusterDir')).env;
  }

  /** What 1.35 says, and what 1.20 says instead. */
  says<T>(now: T, then: T): T {
    return this.old ? then : now;
  }

  /** The end of the line `KIND "NAME" deleted`, which names the namespace by now. */
  get fromNamespace(): string {
    return this.says(` from ${this.namespace} namespace`, '');
  }

  /** The command, whatever it ends with. */
  try(args: readonly string[], input?: string, env: NodeJS.ProcessEnv = {}): Promise<Output> {
    return exec(this.binary, ['-n', this.namespace, ...args], { env: { ...this.env, ...env }, timeoutMs: 180_000, ...(input === undefined ? {} : { input }) });
  }

  /** The standard output of a command that must succeed. */
  async ok(...args: string[]): Promise<string> {
    return this.piped('', ...args);
  }

  /** The same with a standard input. */
  async piped(input: string, ...args: string[]): Promise<string> {
    return succeeded(args, await this.try(args, input));
  }

  /** The same without a namespace on the command line, and with more environment. */
  async okAs(env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
    return succeeded(args, await exec(this.binary, args, { env: { ...this.env, ...env } }));
  }

  /** What a command prints once all of this is in it: events, and what controllers write, come behind what they tell of. */
  shows(args: readonly string[], ...patterns: readonly RegExp[]): Promise<string> {
    let text = '';
    return eventually(
      async () => {
        text = await this.ok(...args);
        return patterns.every((pattern) => pattern.test(text)) && text;
      },
      () => `${patterns.find((pattern) => !pattern.test(text))} in what kubectl ${args.join(' ')} prints: ${text}`,
    );
  }

  /** What a command that must fail says on standard error. */
  async fails(...args: string[]): Promise<string> {
    const output = await this.try(args);
    if (output.code === 0) throw new Error(`kubectl ${args.join(' ')} succeeded\n${output.stdout}${output.stderr}`);
    return output.stderr;
  }

  apply(manifest: string): Promise<string> {
    return this.piped(manifest, 'apply', '-f', '-');
  }

  /** A pod that sleeps until it is told to end, Ready. */
  async sleeper(name: string, ...flags: string[]): Promise<void> {
    await this.ok('run', name, `--image=${busybox}`, '--restart=Never', ...flags, '--command', '--', 'sh', '-c', "trap 'exit 0' TERM; echo begun; while true; do sleep 0.2; done");
    await this.ok('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=120s');
    // Ready is a container that was started; what it does first comes a moment later.
    await eventually(async () => (await this.ok('logs', name)) === 'begun\n', `${name} has begun`);
  }

  async deployment(name: string, replicas = 1): Promise<void> {
    await this.ok('create', 'deployment', name, `--image=${nginx}`, `--replicas=${replicas}`);
    await this.ok('rollout', 'status', `deployment/${name}`, '--timeout=120s');
  }

  /** A command that goes on; `text` is what it has said so far. */
  start(...args: string[]): Running {
    return new Running(spawn(this.binary, ['-n', this.namespace, ...args], { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] }));
  }
}

function succeeded(args: readonly string[], output: Output): string {
  if (output.code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${output.code}\n${output.stdout}${output.stderr}`);
  return output.stdout;
}

export class Running {
  text = '';
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (this.text += String(chunk)));
  }

  /** Waits until the command has said something. */
  until(pattern: RegExp): Promise<RegExpMatchArray> {
    return eventually(async () => this.text.match(pattern) ?? undefined, () => `${pattern} in what kubectl says: ${this.text}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.#child);
  }
}

/** A folder for the files of one suite. */
export class Scratch {
  readonly path = mkdtempSync(join(tmpdir(), 'rhythm-kubectl-'));

  constructor() {
    afterAll(() => rmSync(this.path, { recursive: true, force: true }));
  }

  /** Writes a file; gives its path. */
  file(name: string, text: string | Uint8Array, mode = 0o644): string {
    const path = join(this.path, name);
    writeFileSync(path, text, { mode });
    return path;
  }
}

export const configMap = (name: string, value: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { key: ${value} }\n`;

/** The commands of one test file for one kubectl. */
export interface Suite {
  readonly k: Kubectl;
  /** Tests one command, at the same time as others of the file. */
  readonly command: (name: string, body: () => Promise<void>) => void;
  /** The same by itself, after the one before: for commands that change what others of the file rely on. */
  readonly alone: (name: string, body: () => Promise<void>) => void;
  /** A command or variant that 1.20 does not have. */
  readonly since: (name: string, body: () => Promise<void>) => void;
}

/**
 * Declares the same commands for both versions of kubectl, each in a namespace of its own, one version after the other. Every
 * command prints `command: passed` or `command: failed`, with `1.20: ` before it for the old one. `versions` is for what is not
 * about kubectl.
 */
export function commands(subject: string, declare: (suite: Suite) => void, versions: readonly Version[] = ['1.35', '1.20']): void {
  for (const version of versions) {
    // Those that are to be alone follow one another in the order in which they are written.
    describe(`kubectl ${version}`, { shuffle: false }, () => {
      const old = version === '1.20';
      const k = inNamespace(`kubectl-${subject}${old ? '-old' : ''}`, version);
      const title = (name: string): string => (old ? `1.20: ${name}` : name);
      const command: Suite['command'] = (name, body) => test.concurrent(title(name), () => told(title(name), body));
      const alone: Suite['alone'] = (name, body) => test(title(name), () => told(title(name), body));
      declare({ k, command, alone, since: old ? () => undefined : command });
    });
  }
}

/** A namespace for one suite. */
function inNamespace(namespace: string, version: Version): Kubectl {
  const kubectl = new Kubectl(namespace, version);
  const cluster = new Cluster(inject('clusterDir'));
  beforeAll(async () => {
    await cluster.kubectl('create', 'namespace', namespace);
    await cluster.kubectl('-n', namespace, 'wait', '--for=create', 'serviceaccount/default', '--timeout=120s');
  });
  afterAll(async () => {
    await cluster.tryKubectl('delete', 'namespace', namespace, '--wait=false');
  });
  return kubectl;
}

async function told(name: string, body: () => Promise<void>): Promise<void> {
  let outcome = 'failed';
  try {
    await body();
    outcome = 'passed';
  } finally {
    writeSync(1, `${name}: ${outcome}\n`);
  }
}
