/** The tables: every row beside its limit, and the aims. */
import { median, type Sample } from '../lib/measure.ts';
import { show } from '../lib/table.ts';
import type { Limit } from './limits.ts';

/** What was measured of one row, a sample and a limit for each round. */
export interface Measured {
  readonly samples: Sample[];
  readonly limits: Limit[];
}

/** Memory in MB at one moment, or a time in ms; one value for each round. */
export type Moments = ReadonlyMap<string, readonly number[]>;

export type Measurements = ReadonlyMap<string, Measured>;

const rate = ({ operations, seconds }: Sample): number => operations / seconds;

export const rowHeads = ['request', 'per second', 'p50 ms', 'p99 ms', 'CPU µs', 'limit, CPU µs', 'of what'];

export function rowCells(measurements: Measurements): string[][] {
  return [...measurements].map(([name, { samples, limits }]) => {
    const of = (pick: (sample: Sample) => number): string => show(median(samples.map(pick)));
    return [name, of(rate), of(({ p50 }) => p50), of(({ p99 }) => p99), of(({ cpu }) => cpu), show(median(limits.map(({ cpu }) => cpu))), limits.at(-1)?.name ?? '-'];
  });
}

/** One line of the table of aims (issue text and docs/performance.md). */
interface Aim {
  readonly name: string;
  /** kube-apiserver 1.20 and etcd 3.4, on a machine like this one. */
  readonly peer: string;
  readonly aim: string;
  /** Rows, and what of them counts: microseconds or milliseconds of CPU, operations a second; or a moment's value in MB. */
  readonly of: ReadonlyArray<{ readonly row: string; readonly figure: 'µs' | 'ms' | '/s' | 'MB'; readonly bound: number }>;
}

const aims: readonly Aim[] = [
  { name: 'create pods, 32 at a time', peer: '1,825 µs CPU, 959/s', aim: '≤ 600 µs, ≥ 2,000/s', of: [{ row: 'create pods, 32', figure: 'µs', bound: 600 }, { row: 'create pods, 32', figure: '/s', bound: 2_000 }] },
  { name: 'get a pod, cached / consistent, 32 at a time', peer: '190 / 485 µs CPU', aim: '≤ 100 / ≤ 200 µs', of: [{ row: 'get a pod, cached, 32', figure: 'µs', bound: 100 }, { row: 'get a pod, consistent, 32', figure: 'µs', bound: 200 }] },
  { name: 'merge patch of a pod, 32 at a time', peer: '3,020 µs CPU, 617/s', aim: '≤ 800 µs', of: [{ row: 'merge patch of a pod, 32', figure: 'µs', bound: 800 }] },
  { name: 'server-side apply of a configmap, new / changed', peer: '1,155 µs CPU (new)', aim: '≤ 700 µs', of: [{ row: 'apply of a configmap, new, 32', figure: 'µs', bound: 700 }, { row: 'apply of a configmap, changed, 32', figure: 'µs', bound: 700 }] },
  { name: 'list 10,000 pods, consistent, unpaged', peer: '1,470 ms CPU, 1.13 s', aim: '≤ 150 ms CPU', of: [{ row: 'list of pods, consistent', figure: 'ms', bound: 150 }] },
  { name: 'the same as Table / protobuf', peer: '1,195 / 885 ms CPU', aim: '≤ 300 / ≤ 300 ms CPU', of: [{ row: 'list of pods, as Table', figure: 'ms', bound: 300 }, { row: 'list of pods, as protobuf', figure: 'ms', bound: 300 }] },
  { name: 'one watch delivery of 6.5 KB, 100 watchers / 1,000 watchers flood', peer: '149 µs / 20,400 per s', aim: '≤ 20 µs / ≥ 80,000 per s', of: [{ row: 'watch: 100 watchers, 20 changes a second', figure: 'µs', bound: 20 }, { row: 'watch: 1000 watchers, flood', figure: '/s', bound: 80_000 }] },
  { name: 'delete a collection of pods', peer: '301 per s', aim: '≥ 2,000 per s', of: [{ row: 'delete a collection of pods', figure: '/s', bound: 2_000 }] },
  { name: 'apiserver memory: idle / after the round with 10,000 pods', peer: '300 / 1,450 MB', aim: '≤ 120 / ≤ 350 MB', of: [{ row: 'apiserver, MB: idle', figure: 'MB', bound: 120 }, { row: 'apiserver, MB: after the lists', figure: 'MB', bound: 350 }] },
];

export const aimHeads = ['case', 'kube-apiserver + etcd', 'aim', 'ours', 'limit of the run', 'reached'];

/** What the aims speak of. */
const aimPods = 10_000;

/** Lines of the aims of which anything was measured; with fewer pods than they speak of, the others. */
export function aimCells(measurements: Measurements, moments: Moments, pods: number): string[][] {
  return aims.filter(({ name }) => pods === aimPods || !name.includes('10,000')).flatMap(({ name, peer, aim, of }) => {
    const found = of.map((one) => ({ ...one, value: valueOf(one, measurements, moments) }));
    if (found.every(({ value }) => Number.isNaN(value))) return [];
    const limits = [...new Set(of.map(({ row }) => row))].flatMap((row) => {
      const cpu = median((measurements.get(row)?.limits ?? []).map((limit) => limit.cpu));
      const figure = of.find((one) => one.row === row)?.figure;
      return Number.isNaN(cpu) ? [] : [figure === 'ms' ? `${show(cpu / 1000)} ms` : `${show(cpu)} µs`];
    });
    const reached = found.map(({ value, figure, bound }) => (Number.isNaN(value) ? '-' : (figure === '/s' ? value >= bound : value <= bound) ? 'yes' : 'no'));
    return [[name, peer, aim, found.map(({ value, figure }) => `${grouped(value)}${figure === '/s' ? '/s' : ` ${figure}`}`).join(' / '), limits.join(' / ') || '-', new Set(reached).size === 1 ? (reached[0] ?? '-') : reached.join(' / ')]];
  });
}

function valueOf({ row, figure }: Aim['of'][number], measurements: Measurements, moments: Moments): number {
  if (figure === 'MB') return median(moments.get(row) ?? []);
  const samples = measurements.get(row)?.samples ?? [];
  return median(samples.map((sample) => (figure === '/s' ? rate(sample) : figure === 'ms' ? sample.cpu / 1000 : sample.cpu)));
}

/** Whole numbers with commas. */
function grouped(value: number): string {
  return Number.isNaN(value) ? '-' : Math.abs(value) < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US');
}
