/** Percentiles, closed loops and what processes use: shared by all benches. */
import { readFileSync } from 'node:fs';

const ticksPerSecond = 100;

/** The value below which `share` of the values lie; NaN of none. */
export function percentile(values: Iterable<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: Iterable<number>): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? Number.NaN) : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** CPU that processes have used since their start, their threads included: microseconds, in steps of a tick (10 ms). */
export function cpuOf(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return (ticks / ticksPerSecond) * 1e6;
}

/** Memory of a process by a key of `/proc/PID/status`, in MB. */
export function memoryOf(pid: number, key: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) / 1024;
}

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

export interface Sample {
  readonly operations: number;
  readonly seconds: number;
  /** Milliseconds of single operations. */
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of CPU per operation, of the processes asked for. */
  readonly cpu: number;
}

export interface Loop {
  /** Operations in flight. */
  readonly inFlight: number;
  readonly seconds: number;
  readonly warmupSeconds?: number;
  /** Operations to measure at least, and as many before that to warm up, however long it takes. */
  readonly operationsMin?: number;
  readonly pids: readonly number[];
  /** One operation; `slot` is below `inFlight` and busy with nothing else. */
  readonly one: (slot: number) => Promise<unknown>;
}

/** As many operations as go, always `inFlight` at a time. */
export async function closedLoop({ inFlight, seconds, warmupSeconds = seconds / 4, operationsMin = 0, pids, one }: Loop): Promise<Sample> {
  let latencies: number[] = [];
  const run = async (until: number): Promise<void> => {
    let left = operationsMin;
    await Promise.all(
      Array.from({ length: inFlight }, async (_, slot) => {
        for (let began = performance.now(); began < until || left > 0; left--) {
          await one(slot);
          const now = performance.now();
          latencies.push(now - began);
          began = now;
        }
      }),
    );
  };
  await run(performance.now() + warmupSeconds * 1000);
  latencies = [];
  const cpu = cpuOf(pids);
  const began = performance.now();
  await run(began + seconds * 1000);
  const wall = performance.now() - began;
  const used = cpuOf(pids) - cpu;
  return { operations: latencies.length, seconds: wall / 1000, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), cpu: used / latencies.length };
}
