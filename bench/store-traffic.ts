/**
 * What the apiserver's traffic costs the store, thread by thread: transactions of 6.4 KB over mutual TLS through the apiserver's own client, with a watch of
 * everything beside them, as one apiserver has it. Several bundles take turns, so that two builds can be compared on a machine that is busy.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { silentLog, systemClock, systemRandom } from '@rhythm/base';
import { helpText, parseFlags } from '@rhythm/config';
import { ensureClusterPki } from '@rhythm/pki';
import { etcdStore, type Store } from '@rhythm/store-client';
import { memoryOf, sleep } from './lib/measure.ts';
import { freePort, node, repository, startProcess, type Started } from './lib/processes.ts';
import { printTable, show } from './lib/table.ts';

const flags = {
  'in-flight': { type: 'number', help: 'transactions at a time', default: 32 },
  bytes: { type: 'number', help: 'of a value', default: 6400 },
  warmup: { type: 'number', help: 'transactions before the first slice: V8 compiles meanwhile', default: 5000 },
  each: { type: 'number', help: 'transactions of each slice', default: 2000 },
  slices: { type: 'number', help: 'slices of each bundle, in turns', default: 3 },
  bundles: { type: 'string', help: 'bundles of the store, comma-separated, each with @ and flags for Node of its own if need be; without any the one of this repository', default: '' },
  'node-flags': { type: 'string', help: 'for Node, in front of the bundle', default: '--enable-source-maps --max-semi-space-size=16' },
  keys: { type: 'number', help: 'keys that are written again and again; 0: each transaction creates one', default: 0 },
  watch: { type: 'boolean', help: 'watch everything beside them', default: true },
} as const;

interface Slice {
  readonly operations: number;
  readonly seconds: number;
  /** Nanoseconds by name of a thread. */
  readonly threads: ReadonlyMap<string, number>;
  /** Microseconds of the client's process. */
  readonly client: number;
}

interface Target {
  readonly bundle: string;
  readonly process: Started;
  readonly store: Store;
  readonly slices: Slice[];
  readonly stopWatch: AbortController;
  next: number;
}

const startTimeoutMs = 20_000;
/** Of libuv, by default. */
const poolThreads = 4;

async function open(named: string, dir: string, watch: boolean, common: readonly string[]): Promise<Target> {
  const [bundle = '', itsFlags = ''] = named.split('@');
  const nodeFlags = [...common, ...itsFlags.split(' ').filter((flag) => flag !== '')];
  const pki = join(dir, 'pki');
  const own = mkdtempSync(join(dir, 'store-'));
  mkdirSync(own, { recursive: true });
  const port = await freePort();
  const args = [...nodeFlags, resolve(bundle), '--name', 'store', '--data-dir', join(own, 'data'), '--host', '127.0.0.1', '--port', String(port), '--cert-file', join(pki, 'store.crt'), '--key-file', join(pki, 'store.key'), '--client-ca-file', join(pki, 'store-ca.crt')];
  const started = await startProcess(node, args, join(own, 'log'));
  const tls = { ca: readFileSync(join(pki, 'store-ca.crt')), cert: readFileSync(join(pki, 'store-client.crt')), key: readFileSync(join(pki, 'store-client.key')) };
  const store = await etcdStore({ endpoints: [`127.0.0.1:${port}`], tls, clock: systemClock, random: systemRandom, log: silentLog, connectTimeoutMs: startTimeoutMs });
  const stopWatch = new AbortController();
  if (watch) void follow(store, stopWatch.signal);
  return { bundle: named, process: started, store, slices: [], stopWatch, next: 0 };
}

async function follow(store: Store, signal: AbortSignal): Promise<void> {
  for await (const _ of store.watch('/', 1, { signal })) if (signal.aborted) return;
}

/** Nanoseconds that each thread has run, by its name. */
function threadsOf(pid: number): Map<string, number> {
  const sums = new Map<string, number>();
  let workers = 0;
  for (const tid of readdirSync(`/proc/${pid}/task`).sort((a, b) => Number(a) - Number(b))) {
    try {
      const comm = readFileSync(`/proc/${pid}/task/${tid}/comm`, 'utf8').trim();
      // A thread is named as the one that made it: LevelDB's own is one more of libuv's, and the last of them.
      const isWorker = comm === 'libuv-worker' && ++workers;
      const name = tid === String(pid) ? 'main' : isWorker !== false && isWorker > poolThreads ? 'LevelDB' : comm;
      const ran = Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ')[0]);
      sums.set(name, (sums.get(name) ?? 0) + ran);
    } catch {
      // The thread has ended meanwhile.
    }
  }
  return sums;
}

async function slice(target: Target, inFlight: number, count: number, value: Buffer, keys: number, isKept: boolean): Promise<void> {
  const known = new Map<number, number>();
  const before = threadsOf(target.process.pid);
  const usage = process.cpuUsage();
  const began = performance.now();
  let operations = 0;
  const one = async (slot: number): Promise<void> => {
    for (let turn = 0; operations < count; turn++) {
      operations++;
      const at = keys === 0 ? target.next++ : slot + (turn % Math.max(1, Math.floor(keys / inFlight))) * inFlight;
      const result = await target.store.txn([{ key: keyOf(at), modRevision: known.get(at) ?? 0 }], [{ kind: 'put', key: keyOf(at), value }]);
      known.set(at, result.succeeded ? result.revision : (result.current[0]?.modRevision ?? 0));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, slot) => one(slot)));
  const took = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(usage);
  const threads = new Map(Array.from(threadsOf(target.process.pid), ([name, ran]) => [name, ran - (before.get(name) ?? 0)]));
  if (isKept) target.slices.push({ operations, seconds: took, threads, client: user + system });
}

function keyOf(at: number): string {
  return `/registry/pods/bench/pod-${String(at).padStart(8, '0')}`;
}

function report({ bundle, slices, process: { pid } }: Target): string[][] {
  const sum = (pick: (slice: Slice) => number): number => slices.reduce((all, one) => all + pick(one), 0);
  const operations = sum((one) => one.operations);
  const names = new Set(slices.flatMap(({ threads }) => [...threads.keys()]));
  const perThread = Array.from(names, (name) => ({ name, us: sum(({ threads }) => threads.get(name) ?? 0) / 1000 / operations })).filter(({ us }) => us >= 0.5);
  perThread.sort((a, b) => b.us - a.us);
  const total = sum(({ threads }) => [...threads.values()].reduce((all, one) => all + one, 0)) / 1000 / operations;
  const per = slices.map(({ threads, operations: done }) => show([...threads.values()].reduce((all, one) => all + one, 0) / 1000 / done)).join(' ');
  return [[bundle, show(operations / sum((one) => one.seconds)), show(total), perThread.map(({ name, us }) => `${name} ${show(us)}`).join(', '), per, show(sum((one) => one.client) / operations), show(memoryOf(pid))]];
}

if (process.argv.includes('--help')) {
  console.log(`store-traffic: CPU of the store, thread by thread, under the apiserver's traffic\n\n${helpText(flags)}`);
  process.exit(0);
}
const options = parseFlags(flags, process.argv.slice(2));
const bundles = (options.bundles === '' ? join(repository, 'apps/store/dist/main.mjs') : options.bundles).split(',');
const dir = mkdtempSync(join(tmpdir(), 'rhythm-bench-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
await ensureClusterPki(join(dir, 'pki'), { nodeName: 'none', nodeIps: ['127.0.0.1'], serviceIp: '10.96.0.1' }, { clock: systemClock, random: systemRandom });
const value = Buffer.from(Array.from({ length: options.bytes }, (_, at) => 32 + ((at * 7) % 94)));
const nodeFlags = options['node-flags'].split(' ').filter((flag) => flag !== '');
const targets: Target[] = [];
for (const bundle of bundles) targets.push(await open(bundle, dir, options.watch, nodeFlags));
for (const target of targets) await slice(target, options['in-flight'], options.warmup, value, options.keys, false);
for (let round = 0; round < options.slices; round++) {
  for (const target of round % 2 === 0 ? targets : targets.toReversed()) {
    await slice(target, options['in-flight'], options.each, value, options.keys, true);
    await sleep(100);
  }
}
console.log(`pids ${targets.map(({ process: { pid } }) => pid).join(' ')}`);
printTable(['bundle', 'per second', 'CPU µs', 'of it by', 'each slice', "the client's CPU µs", 'RSS MB'], targets.flatMap(report));
for (const target of targets) {
  target.stopWatch.abort();
  await target.store.close();
  await target.process.end();
}
process.exit(0);
