/**
 * The store and Debian's etcd-server on the same machine, with the same client, sizes and sync of every write: a table of ratios, above 1 where
 * ours is ahead. Both run at the same time and are measured in turn, row by row, in rounds with fresh servers; medians are shown. Next to
 * them the limits: synced writes per second of the disk, and a gRPC echo.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { FlagError, helpText, parseFlags } from '@rhythm/config';
import { fdatasyncsPerSecond } from './lib/fdatasync.ts';
import { GrpcConnection } from './lib/grpc-connection.ts';
import { closedLoop, median, sleep, type Sample } from './lib/measure.ts';
import { freePort, node, rhythm, startProcess } from './lib/processes.ts';
import { printTable, show } from './lib/table.ts';
import { large, type Large } from './store/large.ts';
import { fill, rows } from './store/rows.ts';
import { dataFolder, kinds, startServer, type Kind } from './store/servers.ts';

const flags = {
  rounds: { type: 'number', help: 'rounds, each with fresh servers', default: 3 },
  seconds: { type: 'number', help: 'seconds for each row, server and round', default: 2 },
  only: { type: 'string', help: 'rows whose name contains this', default: '' },
  members: { type: 'number', help: 'members of each cluster, on this machine: 1 or 3; CPU is that of all', default: 1 },
} as const;

/** Samples of one row by server. */
type Samples = Record<Kind, Sample[]>;

async function measureRows(rounds: number, seconds: number, only: string, members: number): Promise<Map<string, Samples>> {
  const wanted = rows.filter(({ name }) => name.includes(only));
  const samples = new Map<string, Samples>(wanted.map(({ name }) => [name, { rhythm: [], etcd: [] }]));
  for (let round = 0; round < rounds && wanted.length > 0; round++) {
    const folders = kinds.map(dataFolder);
    try {
      const servers = await Promise.all(kinds.map((kind, at) => startServer(kind, folders[at]?.folder ?? '', members)));
      for (const server of servers) await fill(server);
      for (const row of wanted) {
        // Neither is always the first.
        for (const server of round % 2 === 0 ? servers : servers.toReversed()) samples.get(row.name)?.[server.kind].push(await row.run(server, seconds));
      }
      await Promise.all(servers.map((server) => server.end()));
    } finally {
      for (const { remove } of folders) remove();
    }
  }
  return samples;
}

async function limits(seconds: number): Promise<void> {
  const { direct, handedOver } = await fdatasyncsPerSecond(tmpdir());
  const echoes = [...(await echo('grpc-js', seconds)), ...(await echo('lean', seconds))];
  const syncs = (name: string, perSecond: number): string[] => [name, show(perSecond), show(1000 / perSecond), '-', '-'];
  console.log('Limits of this run\n');
  printTable(['limit', 'per second', 'p50 ms', 'p99 ms', 'CPU µs'], [syncs('fdatasync, by the thread itself', direct), syncs("fdatasync, through Node's thread pool", handedOver), ...echoes]);
}

/** What a unary call costs that does nothing. */
async function echo(engine: 'grpc-js' | 'lean', seconds: number): Promise<string[][]> {
  const port = await freePort();
  const server = await startProcess(node, [join(import.meta.dirname, 'lib/echo-server.ts'), String(port), engine], '/dev/null');
  const connection = await connected(`127.0.0.1:${port}`);
  const bytes = Buffer.alloc(256, 'e');
  const rows: string[][] = [];
  for (const inFlight of [1, 64]) {
    const sample = await closedLoop({ inFlight, seconds, pids: [server.pid], one: () => connection.callBytes('/bench.Echo/Unary', bytes) });
    rows.push([`gRPC echo of 256 bytes, ${engine}, ${inFlight}`, show(rate(sample)), show(sample.p50), show(sample.p99), show(sample.cpu)]);
  }
  connection.close();
  await server.end();
  return rows;
}

async function connected(endpoint: string): Promise<GrpcConnection> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await GrpcConnection.open(endpoint);
    } catch (error) {
      if (attempt > 500) throw error;
      await sleep(10);
    }
  }
}

const rate = ({ operations, seconds }: Sample): number => operations / seconds;

function printRows(samples: Map<string, Samples>): void {
  const table = [...samples].map(([name, { rhythm: ours, etcd }]) => {
    const of = (list: readonly Sample[], pick: (sample: Sample) => number): number => median(list.map(pick));
    const both = (pick: (sample: Sample) => number): string => `${show(of(ours, pick))} / ${show(of(etcd, pick))}`;
    return [name, show(of(ours, rate)), show(of(etcd, rate)), show(of(ours, rate) / of(etcd, rate)), both(({ p50 }) => p50), both(({ p99 }) => p99), both(({ cpu }) => cpu)];
  });
  console.log('\nOurs against etcd (of watches: deliveries; p50 and p99 in ms are those of the puts)\n');
  printTable(['row', 'ours/s', 'etcd/s', 'ratio', 'p50 ours / etcd', 'p99 ours / etcd', 'CPU µs ours / etcd'], table);
}

async function printLarge(restarts: number): Promise<void> {
  const measured: Record<Kind, Large> = { rhythm: await large('rhythm', restarts), etcd: await large('etcd', restarts) };
  const row = (name: string, pick: (of: Large) => number): string[] => {
    const [ours, etcd] = [pick(measured.rhythm), pick(measured.etcd)];
    return [name, show(ours), show(etcd), show(etcd / ours)];
  };
  console.log('\n100,000 keys of 1 KB\n');
  printTable(
    ['what', 'ours', 'etcd', 'ratio'],
    [
      row('start to first answer after SIGTERM, ms', ({ afterTerm }) => afterTerm),
      row('the same after SIGKILL, ms', ({ afterKill }) => afterKill),
      row('RSS without keys, MB', ({ empty }) => empty),
      row('RSS right after filling, MB', ({ filled }) => filled),
      row('most while filling, MB', ({ most }) => most),
      row('RSS after a restart, MB', ({ restarted }) => restarted),
    ],
  );
}

if (process.argv.includes('--help')) {
  console.log(`store: ours and etcd, row by row\n\n${helpText(flags)}`);
  process.exit(0);
}
const { rounds, seconds, only, members } = parseFlags(flags, process.argv.slice(2));
if (members !== 1 && members !== 3) throw new FlagError('--members is 1 or 3');
execFileSync(rhythm, ['--build'], { stdio: 'inherit' });
if (only === '' || 'limits'.includes(only)) await limits(seconds);
const samples = await measureRows(rounds, seconds, only, members);
if (samples.size > 0) printRows(samples);
if (members === 1 && (only === '' || '100,000 keys'.includes(only))) await printLarge(rounds);
process.exit(0);
