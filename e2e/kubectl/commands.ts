import { writeSync } from 'node:fs';
import { afterAll, beforeAll, inject, test } from 'vitest';
import { spawn, type ChildProcess } from 'node:child_process';
import { Cluster, end, eventually, exec, type Output } from '../support/cluster.ts';

export const busybox = inject('busybox');
export const nginx = inject('nginx');

/** A kubectl at work in one namespace. */
export class Kubectl {
  readonly binary: string;
  readonly namespace: string;
  readonly env: NodeJS.ProcessEnv;

  constructor(namespace: string, binary = inject('kubectl')) {
    this.binary = binary;
    this.namespace = namespace;
    this.env = new Cluster(inject('clusterDir')).env;
  }

  /** The command, whatever it ends with. */
  try(args: readonly string[], input?: string, env: NodeJS.ProcessEnv = {}): Promise<Output> {
    return exec(this.binary, ['-n', this.namespace, ...args], { env: { ...this.env, ...env }, timeoutMs: 50_000, ...(input === undefined ? {} : { input }) });
  }

  /** The standard output of a command that must succeed. */
  async ok(...args: string[]): Promise<string> {
    return this.piped('', ...args);
  }

  /** The same with a standard input. */
  async piped(input: string, ...args: string[]): Promise<string> {
    const output = await this.try(args, input);
    if (output.code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${output.code}\n${output.stdout}${output.stderr}`);
    return output.stdout;
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
    await this.ok('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=30s');
  }

  async deployment(name: string, replicas = 1): Promise<void> {
    await this.ok('create', 'deployment', name, `--image=${nginx}`, `--replicas=${replicas}`);
    await this.ok('rollout', 'status', `deployment/${name}`, '--timeout=40s');
  }

  /** A command that goes on; `text` is what it has said so far. */
  start(...args: string[]): Running {
    return new Running(spawn(this.binary, ['-n', this.namespace, ...args], { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] }));
  }
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
    return eventually(async () => this.text.match(pattern) ?? undefined, `${pattern} in what kubectl says: ${this.text}`, 20_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.#child);
  }
}

/** A namespace for one test file. */
export function inNamespace(namespace: string, binary?: string): Kubectl {
  const kubectl = new Kubectl(namespace, binary);
  const cluster = new Cluster(inject('clusterDir'));
  beforeAll(async () => {
    await cluster.kubectl('create', 'namespace', namespace);
    await cluster.kubectl('-n', namespace, 'wait', '--for=create', 'serviceaccount/default', '--timeout=20s');
  });
  afterAll(async () => {
    await cluster.tryKubectl('delete', 'namespace', namespace, '--wait=false');
  });
  return kubectl;
}

/** Tests one command, at the same time as others, and prints `command: passed` or `command: failed`. */
export function command(name: string, body: () => Promise<void>): void {
  test.concurrent(name, () => told(name, body));
}

/** The same for commands that change what others of the file rely on. */
export function commandAlone(name: string, body: () => Promise<void>): void {
  test(name, () => told(name, body));
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
