import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { causeChain, systemClock, systemRandom } from '@rhythm/base';
import { FlagError, helpText, parseArguments, parseFlags, type FlagSpec } from '@rhythm/config';
import type { StartPorts } from './cluster/start-cluster.ts';

/** Where a cluster lives unless told otherwise. */
const dirFlag = { type: 'string', help: "the cluster's folder", default: '.rhythm' } as const;
const flags = {
  up: {
    dir: dirFlag,
    detach: { type: 'boolean', help: 'return when the cluster is ready' },
    bare: { type: 'boolean', help: 'do not apply examples/hello' },
    port: { type: 'number', help: 'port of the Kubernetes API, gRPC on the next; 0 picks one (default 6443, or what it was)' },
    'runtime-endpoint': { type: 'string', help: 'socket of a container runtime that is already there' },
    'fake-nodes': { type: 'number', help: 'this many nodes that only pretend to run pods, and no real one; needs --bare, and no root' },
    'secrets-encryption': { type: 'boolean', help: 'encrypt Secrets at rest, with a new key in encryption.yaml in the folder unless there is one' },
    'store-endpoints': { type: 'list', help: 'host:port of an etcd cluster, several by commas, instead of the store' },
  },
  down: { dir: dirFlag, purge: { type: 'boolean', help: "delete the cluster's folder too" } },
  status: { dir: dirFlag },
  kubeconfig: { dir: dirFlag },
  kubectl: { dir: dirFlag },
  store: { dir: dirFlag },
  secrets: { dir: dirFlag },
  test: {},
  bench: {},
} as const satisfies Readonly<Record<string, Readonly<Record<string, FlagSpec>>>>;

const descriptions: Readonly<Record<keyof typeof flags, string>> = {
  up: 'start a cluster on this machine, or resume it; Ctrl-C stops it',
  down: 'stop it and leave no trace but its folder',
  status: 'show its processes, nodes and pods',
  kubeconfig: 'print the kubeconfig of its administrator',
  kubectl: 'run kubectl 1.35 against it (flags before ARGS: --dir)',
  store: 'store snapshot save|status|restore FILE, store members list|add|promote|update|remove, store status, store restore-quorum',
  secrets: 'how Secrets are stored: secrets status|reencrypt|rotate',
  test: 'run every test, as CI does',
  bench: 'measure against limits of the same run: bench NAME; without a name, list what there is',
};

/** Commands are loaded when they are called: `status` must not wait for what `up` needs. */
async function command(name: string, argv: readonly string[]): Promise<number> {
  const write = (text: string): void => void process.stdout.write(text);
  if (argv.includes('--help') && name in flags && name !== 'kubectl' && name !== 'bench') {
    write(`rhythm ${name}: ${descriptions[name as keyof typeof flags]}\n${helpText(flags[name as keyof typeof flags])}\n`);
    return 0;
  }
  switch (name) {
    case 'up': {
      const given = parseFlags(flags.up, argv);
      const { up } = await import('./commands/up.ts');
      await up({ ...given, runtimeEndpoint: given['runtime-endpoint'], storeEndpoints: given['store-endpoints'], fakeNodes: given['fake-nodes'], secretsEncryption: given['secrets-encryption'] }, await startPorts(write), interruption());
      return 0;
    }
    case 'down': {
      const given = parseFlags(flags.down, argv);
      const { down } = await import('./commands/down.ts');
      await down(given, await startPorts(write));
      return 0;
    }
    case 'status':
      return (await (await import('./commands/status.ts')).status(parseFlags(flags.status, argv).dir, write)) ? 0 : 1;
    case 'kubeconfig':
      return printKubeconfig(parseFlags(flags.kubeconfig, argv).dir, write);
    case 'kubectl': {
      const own = argv[0] === '--dir' ? 2 : argv[0]?.startsWith('--dir=') === true ? 1 : 0;
      const { dir } = parseFlags(flags.kubectl, argv.slice(0, own));
      const { kubectl } = await import('./commands/kubectl.ts');
      return kubectl(dir, argv.slice(own), (line) => process.stderr.write(`${line}\n`));
    }
    case 'store': {
      const { store } = await import('./commands/store.ts');
      return store(argv);
    }
    case 'secrets': {
      const { flags: { dir }, given: [verb = ''] } = parseArguments(flags.secrets, ['VERB (status, reencrypt or rotate)'], argv);
      await (await import('./commands/secrets.ts')).secrets(verb, dir, { clock: systemClock, random: systemRandom, write });
      return 0;
    }
    case 'test':
      parseFlags(flags.test, argv);
      return runTests();
    case 'bench': {
      const { bench } = await import('./commands/bench.ts');
      return bench(argv, write);
    }
    case 'supervise':
      return supervisor(parseFlags({ dir: dirFlag }, argv).dir);
    case 'help':
    case '--help':
    case '-h':
      write(usage());
      return 0;
    default:
      throw new FlagError(`unknown command ${JSON.stringify(name)}: rhythm help lists them`);
  }
}

function usage(): string {
  const width = Math.max(...Object.keys(flags).map((name) => name.length));
  const lines = Object.entries(descriptions).map(([name, text]) => `  ./rhythm ${name.padEnd(width)}  ${text}`);
  return `Rhythm: Kubernetes in TypeScript.\n\n${lines.join('\n')}\n\n./rhythm COMMAND --help lists the flags of a command.\n`;
}

async function startPorts(write: (text: string) => void): Promise<StartPorts> {
  const { progressTo } = await import('./progress.ts');
  return { clock: systemClock, random: systemRandom, progress: progressTo(write, systemClock) };
}

/** Aborted by the first Ctrl-C or SIGTERM; a second one ends us at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Error('interrupted'));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return controller.signal;
}

async function printKubeconfig(dir: string, write: (text: string) => void): Promise<number> {
  const { requireConfig } = await import('./config/cluster-config.ts');
  const { clusterPaths } = await import('./paths.ts');
  write(readFileSync(clusterPaths(requireConfig(dir).dir).kubeconfig, 'utf8'));
  return 0;
}

async function supervisor(dir: string): Promise<number> {
  const { superviseCluster } = await import('./commands/supervise.ts');
  const { jsonLog } = await import('@rhythm/telemetry');
  const log = jsonLog(systemClock, (line) => process.stderr.write(line));
  process.on('SIGHUP', () => undefined);
  await superviseCluster(dir, { clock: systemClock, random: systemRandom, log }, interruption());
  return 0;
}

async function runTests(): Promise<number> {
  const { repository } = await import('./processes/app-specs.ts');
  const child = spawn('npm', ['test', '--silent'], { cwd: repository, stdio: 'inherit' });
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
}

try {
  const [name = 'help', ...argv] = process.argv.slice(2);
  process.exitCode = await command(name, argv);
} catch (error) {
  process.stderr.write(`rhythm: ${causeChain(error)}\n`);
  process.exitCode = error instanceof FlagError ? 2 : 1;
}
