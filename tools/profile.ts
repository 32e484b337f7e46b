/**
 * A CPU profile of a process that runs: `node tools/profile.ts take PID SECONDS [FILE]` opens its inspector (SIGUSR1), profiles and closes it again;
 * `node tools/profile.ts show FILE…` sums up; `node tools/profile.ts allocations PID SECONDS` does the same for bytes that are allocated, collected ones too. All print the share of its own time, or bytes, of each function, file and folder, in the sources that the bundle was made of.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

interface Profile {
  readonly nodes: ReadonlyArray<{ readonly id: number; readonly callFrame: CallFrame; readonly children?: readonly number[] }>;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const inspectorUrl = 'http://127.0.0.1:9229/json/list';
const samplingIntervalUs = 400;
/** Bytes between two samples of allocations, on average. */
const samplingIntervalBytes = 16_384;
const rowsMax = Number(process.env['PROFILE_ROWS'] ?? 60);

async function take(pid: number, seconds: number): Promise<Profile> {
  const { call, end } = await inspect(pid);
  await call('Profiler.enable');
  await call('Profiler.setSamplingInterval', { interval: samplingIntervalUs });
  await call('Profiler.start');
  await sleep(seconds * 1000);
  const { profile } = (await call('Profiler.stop')) as { profile: Profile };
  await end();
  return profile;
}

interface AllocationNode {
  readonly callFrame: CallFrame;
  readonly selfSize: number;
  readonly children: readonly AllocationNode[];
}

async function takeAllocations(pid: number, seconds: number): Promise<AllocationNode> {
  const { call, end } = await inspect(pid);
  await call('HeapProfiler.startSampling', { samplingInterval: samplingIntervalBytes, includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true });
  await sleep(seconds * 1000);
  const { profile } = (await call('HeapProfiler.stopSampling')) as { profile: { readonly head: AllocationNode } };
  await end();
  return profile.head;
}

/** Opens the inspector of a process; `end` closes it again, and lets this program end. */
async function inspect(pid: number): Promise<{ readonly call: (method: string, params?: object) => Promise<unknown>; readonly end: () => Promise<void> }> {
  process.kill(pid, 'SIGUSR1');
  const call = await connect();
  const { result } = (await call('Runtime.evaluate', { expression: 'process.pid' })) as { result: { value: unknown } };
  if (result.value !== pid) throw new Error(`the inspector's port belongs to process ${String(result.value)}`);
  const end = async (): Promise<void> => {
    // Answers nothing: the connection is gone with it.
    void call('Runtime.evaluate', { expression: "process.getBuiltinModule('node:inspector').close()" });
    await sleep(100);
    setImmediate(() => process.exit());
  };
  return { call, end };
}

async function connect(): Promise<(method: string, params?: object) => Promise<unknown>> {
  for (let attempt = 0; ; attempt++) {
    const found = await fetch(inspectorUrl).then((response) => response.json() as Promise<Array<{ webSocketDebuggerUrl: string }>>, () => []);
    if (found[0] !== undefined) return session(new WebSocket(found[0].webSocketDebuggerUrl));
    if (attempt > 100) throw new Error('the process opened no inspector');
    await sleep(50);
  }
}

async function session(socket: WebSocket): Promise<(method: string, params?: object) => Promise<unknown>> {
  const waiting = new Map<number, (result: unknown) => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id: number; result: unknown };
    waiting.get(id)?.(result);
  });
  await new Promise((open) => socket.addEventListener('open', open, { once: true }));
  let last = 0;
  return (method, params = {}) =>
    new Promise((done) => {
      waiting.set(++last, done);
      socket.send(JSON.stringify({ id: last, method, params }));
    });
}

function summarise(files: readonly string[]): void {
  const byFunction = new Map<string, number>();
  const byFile = new Map<string, number>();
  const byFolder = new Map<string, number>();
  const total = new Map<string, number>();
  let busy = 0;
  const add = (sums: Map<string, number>, key: string, us: number): unknown => sums.set(key, (sums.get(key) ?? 0) + us);
  for (const file of files) {
    const profile = JSON.parse(readFileSync(file, 'utf8')) as Profile;
    const labels = new Map(profile.nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
    const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
    profile.samples.forEach((id, at) => {
      const us = profile.timeDeltas[at] ?? 0;
      const place = labels.get(id);
      if (place === undefined || place.name === '(idle)' || place.name === '(root)') return;
      busy += us;
      add(byFunction, `${place.name}  ${place.file}`, us);
      add(byFile, place.file === '' ? place.name : place.file, us);
      add(byFolder, place.file === '' ? place.name : place.file.replace(/\/[^/]*$/, ''), us);
      const seen = new Set<string>();
      for (let node: number | undefined = id; node !== undefined; node = parents.get(node)) {
        const above = labels.get(node);
        const key = `${above?.name}  ${above?.file}`;
        if (above === undefined || above.file === '' || seen.has(key)) continue;
        seen.add(key);
        add(total, key, us);
      }
    });
  }
  console.log(`${(busy / 1e6).toFixed(2)} s busy`);
  for (const [title, sums] of [['function, own time', byFunction], ['file, own time', byFile], ['folder, own time', byFolder], ['function with what it calls', total]] as const) {
    console.log(`\n${title}`);
    for (const [key, us] of [...sums].toSorted((a, b) => b[1] - a[1]).slice(0, rowsMax)) console.log(`${((us / busy) * 100).toFixed(1).padStart(6)} %  ${key}`);
  }
}

/** Prints who allocates most, by itself and with what it calls. */
function summariseAllocations(head: AllocationNode): void {
  const own = new Map<string, number>();
  const whole = new Map<string, number>();
  const add = (sums: Map<string, number>, key: string, bytes: number): unknown => sums.set(key, (sums.get(key) ?? 0) + bytes);
  const walk = (node: AllocationNode, above: ReadonlySet<string>): number => {
    const { name, file } = placeOf(node.callFrame);
    const key = `${name}  ${file}`;
    add(own, key, node.selfSize);
    const here = new Set(above).add(key);
    const bytes = node.children.reduce((sum, child) => sum + walk(child, here), node.selfSize);
    // Of what calls itself only the outermost.
    if (!above.has(key)) add(whole, key, bytes);
    return bytes;
  };
  const all = walk(head, new Set());
  console.log(`${(all / 1e6).toFixed(1)} MB`);
  for (const [title, sums] of [['function, own bytes', own], ['function with what it calls', whole]] as const) {
    console.log(`\n${title}`);
    for (const [key, bytes] of [...sums].toSorted((a, b) => b[1] - a[1]).slice(0, rowsMax)) console.log(`${((bytes / all) * 100).toFixed(1).padStart(6)} %  ${key}`);
  }
}

/** Where a frame comes from: through the bundle's source map, when it has one. */
function placeOf({ functionName, url, lineNumber, columnNumber }: CallFrame): { readonly name: string; readonly file: string } {
  const name = functionName === '' ? `(anonymous ${lineNumber + 1}:${columnNumber + 1})` : functionName;
  if (!url.startsWith('file:')) return { name, file: url };
  const entry = mapOf(fileURLToPath(url))?.findEntry(lineNumber, columnNumber);
  if (entry === undefined || !('originalSource' in entry)) return { name, file: url.replace(/^.*\/(?=apps\/)/, '') };
  const file = String(entry.originalSource).replace(/^(?:\.\.\/)+/, '').replace(/^.*\/(?=(?:apps|libs|node_modules)\/)/, '');
  return { name: functionName === '' ? `(anonymous :${entry.originalLine + 1})` : functionName, file };
}

const maps = new Map<string, SourceMap | undefined>();

function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) maps.set(file, existsSync(`${file}.map`) ? new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')) as SourceMapPayload) : undefined);
  return maps.get(file);
}

const [command, ...args] = process.argv.slice(2);
if (command === 'take' && args.length >= 2) {
  const file = args[2] ?? `/tmp/${args[0]}.cpuprofile`;
  writeFileSync(file, JSON.stringify(await take(Number(args[0]), Number(args[1]))));
  console.log(file);
  summarise([file]);
} else if (command === 'allocations' && args.length >= 2) summariseAllocations(await takeAllocations(Number(args[0]), Number(args[1])));
else if (command === 'show' && args.length > 0) summarise(args);
else {
  console.error('usage: profile.ts take PID SECONDS [FILE] | show FILE… | allocations PID SECONDS');
  process.exitCode = 1;
}
