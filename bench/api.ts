/**
 * Requests of the Kubernetes API over HTTPS: single objects, lists, watches, definitions, memory, beside their limits and the aims. A store and an apiserver, as `up` starts them, are
 * all that runs; CPU is theirs together, per operation; the clients are processes of their own and not counted. Each row is warmed up for half of its time first, so that compiling is
 * not counted either; rows of single requests that have an aim for as many operations as they are measured over, since V8 goes on compiling for some thousands. The limits: a bare HTTPS server in Node that sends the same bytes, and bare transactions of the store with them.
 */
import { execFileSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { helpText, parseFlags } from '@rhythm/config';
import { configMapLists, podLists } from './api/lists.ts';
import { definitions } from './api/definitions.ts';
import { deletion } from './api/deletion.ts';
import { Limits } from './api/limits.ts';
import { aimCells, aimHeads, rowCells, rowHeads, type Measured } from './api/report.ts';
import { requests } from './api/requests.ts';
import type { Context, Section } from './api/row.ts';
import { startServers, type Servers } from './api/servers.ts';
import { watches } from './api/watches.ts';
import { median, memoryOf, sleep } from './lib/measure.ts';
import { rhythm } from './lib/processes.ts';
import { printMarkdown, printTable, show } from './lib/table.ts';

const flags = {
  rounds: { type: 'number', help: 'rounds, each with fresh servers; medians are shown', default: 1 },
  seconds: { type: 'number', help: 'seconds of measuring for each row', default: 2 },
  operations: { type: 'number', help: 'operations that rows of single requests in the table of aims are measured over at least, after as many to warm up; 0: by the seconds alone', default: 4_000 },
  only: { type: 'string', help: 'rows whose name contains this, or one of several between bars: a|b', default: '' },
  pods: { type: 'number', help: 'pods of the long lists; three times as many configmaps and a tenth as many definitions go with them', default: 10_000 },
  markdown: { type: 'boolean', help: 'tables as docs/performance.md has them', default: false },
  'no-limits': { type: 'boolean', help: 'leaves the limits out', default: false },
  profile: { type: 'string', help: 'folder for a CPU profile of the apiserver' },
} as const;
/** Until memory is looked at, so that what starting left behind is gone. */
const restMs = 3_000;

if (process.argv.includes('--help')) {
  console.log(`api: requests over HTTPS\n\n${helpText(flags)}`);
  process.exit(0);
}
const { rounds, seconds, operations, only, pods, markdown, 'no-limits': withoutLimits, profile } = parseFlags(flags, process.argv.slice(2));
execFileSync(rhythm, ['--build'], { stdio: 'inherit' });
const measurements = new Map<string, Measured>();
const moments = new Map<string, number[]>();
const isWanted = (name: string): boolean => only.split('|').some((part) => name.includes(part));
const print = markdown ? printMarkdown : printTable;

function note(name: string, value: number): void {
  const values = moments.get(name);
  if (values === undefined) moments.set(name, [value]);
  else values.push(value);
}

/** Sections in this order, and the moment after each at which memory is looked at. */
const sections: ReadonlyArray<{ readonly section: Section; readonly filled?: string; readonly after?: string }> = [
  { section: requests },
  { section: watches, after: 'after requests and watches' },
  { section: deletion },
  { section: podLists, filled: `with ${pods} pods`, after: 'after the lists' },
  { section: configMapLists, after: `after ${pods * 3} configmaps` },
  { section: definitions, after: 'after all of this' },
];

async function measureMemory(servers: Servers, moment: string): Promise<void> {
  await sleep(restMs);
  note(`apiserver, MB: ${moment}`, memoryOf(servers.apiserver));
  note(`store, MB: ${moment}`, memoryOf(servers.store));
}

async function measureSection(context: Context, { section, filled, after }: (typeof sections)[number]): Promise<void> {
  const rows = section.rows.filter(({ name }) => isWanted(name));
  if (rows.length === 0) return;
  await section.prepare(context);
  if (filled !== undefined) await measureMemory(context.servers, filled);
  for (const row of rows) {
    const measured = measurements.get(row.name) ?? { samples: [], limits: [] };
    measurements.set(row.name, measured);
    const sample = await row.run(context);
    measured.samples.push(sample);
    const limit = withoutLimits ? undefined : await row.limit?.(context);
    if (limit !== undefined) measured.limits.push(limit);
    console.error(`${row.name}: ${show(sample.operations / sample.seconds)}/s, ${show(sample.cpu)} µs${limit === undefined ? '' : `; limit ${show(limit.cpu)} µs, ${limit.name}`}`);
  }
  if (after !== undefined) await measureMemory(context.servers, after);
}

async function measureRound(): Promise<void> {
  const servers = await startServers(profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile]);
  const limits = new Limits(servers, seconds);
  try {
    note('start of both to ready, ms', servers.startMs);
    await measureMemory(servers, 'idle');
    if (!withoutLimits) {
      const { startMs, emptyMb } = await limits.empty();
      note('limit: a bare HTTPS server to its first answer, ms', startMs);
      note('limit: a bare HTTPS server, MB', emptyMb);
    }
    const context: Context = { servers, client: servers.client, pids: [servers.apiserver, servers.store], limits, seconds, operations, pods };
    for (const section of sections) await measureSection(context, section);
    note('apiserver, MB: most', memoryOf(servers.apiserver, 'VmHWM'));
  } finally {
    await limits.end();
    await servers.end();
  }
}

const [load = 0] = loadavg();
for (let round = 0; round < rounds; round++) await measureRound();
console.log(`\`./rhythm bench api ${process.argv.slice(2).filter((flag) => flag !== '--markdown').join(' ')}\`: ${rounds} round${rounds === 1 ? '' : 's'}, ${seconds} s a row, ${cpus().length} CPUs, load average ${show(load)} before.\n`);
print(aimHeads, aimCells(measurements, moments, pods));
console.log('');
print(rowHeads, rowCells(measurements));
console.log('');
print(['start and memory', 'value'], [...moments].map(([name, values]) => [name, show(median(values))]));
process.exit(0);
