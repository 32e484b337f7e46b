/**
 * Seconds of `rhythm up` until it returns, bare (the node is Ready) and with hello (three pods answer). Next to it the limits of the same run:
 * an empty node process, a containerd until it answers, the store's process until it answers. Needs root.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { helpText, parseFlags } from '@rhythm/config';
import { startCluster } from './lib/cluster.ts';
import { median, sleep } from './lib/measure.ts';
import { node, rhythm, startProcess } from './lib/processes.ts';
import { printTable, show } from './lib/table.ts';
import { dataFolder, startServer } from './store/servers.ts';

const flags = {
  rounds: { type: 'number', help: 'times for each row, in turn', default: 3 },
} as const;

async function timed(work: () => Promise<void> | void): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** `up` in a fresh folder. */
async function up(args: readonly string[]): Promise<number> {
  const cluster = await startCluster(args);
  await cluster.end();
  return cluster.upMs;
}

function bareNode(): void {
  spawnSync(node, ['-e', '0']);
}

/** A containerd of its own until `ctr` gets an answer. */
async function containerd(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'rhythm-bench-'));
  const socket = join(folder, 'containerd.sock');
  const config = join(folder, 'config.toml');
  writeFileSync(config, `version = 2\nroot = "${folder}/root"\nstate = "${folder}/state"\n[grpc]\n  address = "${socket}"\n[plugins."io.containerd.grpc.v1.cri"]\n  stream_server_port = "0"\n`);
  try {
    const began = performance.now();
    const started = await startProcess('containerd', ['--config', config], join(folder, 'log'));
    while (spawnSync('ctr', ['--address', socket, 'version']).status !== 0) {
      if (performance.now() - began > 20_000) throw new Error(`containerd does not answer: ${started.output().slice(-1_000)}`);
      await sleep(5);
    }
    const ms = performance.now() - began;
    await started.end();
    return ms;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function store(): Promise<number> {
  const { folder, remove } = dataFolder();
  try {
    const server = await startServer('rhythm', folder);
    await server.end();
    return server.startMs;
  } finally {
    remove();
  }
}

if (process.argv.includes('--help')) {
  console.log(`up: seconds of up, against starting its parts\n\n${helpText(flags)}`);
  process.exit(0);
}
const { rounds } = parseFlags(flags, process.argv.slice(2));
execFileSync(rhythm, ['--build'], { stdio: 'inherit' });
const rows: ReadonlyArray<readonly [string, () => Promise<number>]> = [
  ['up --bare: the node is Ready', () => up(['--bare'])],
  ['up: hello answers', () => up([])],
  ['up --bare --fake-nodes 1: no containerd, proxy or dns', () => up(['--bare', '--fake-nodes', '1'])],
  ['limit: an empty node process', () => timed(bareNode)],
  ['limit: the command with nothing to do (rhythm help)', () => timed(() => void execFileSync(rhythm, ['help']))],
  ['limit: the store alone until it answers', store],
  ['limit: containerd alone until it answers', containerd],
];
const ms = new Map(rows.map(([name]): [string, number[]] => [name, []]));
for (let round = 0; round < rounds; round++) for (const [name, measure] of rows) ms.get(name)?.push(await measure());
printTable(['what', 'median ms', 'best ms', 'worst ms'], [...ms].map(([name, all]) => [name, show(median(all)), show(Math.min(...all)), show(Math.max(...all))]));
process.exit(0);
