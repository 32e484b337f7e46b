/** Changes that are told to many watches, read by a process of its own: how many, how late, and what each cost the servers. */
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { cpuOf, percentile, sleep, type Sample } from '../lib/measure.ts';

export interface Pace {
  readonly watchers: number;
  readonly changes: number;
  /** Changes a second; 0: as many as go, `writers` at a time. */
  readonly perSecond: number;
  readonly writers: number;
}

export interface Delivery {
  readonly port: number;
  /** Folder of the cluster's keys. */
  readonly keys: string;
  /** Of the watch. */
  readonly path: string;
  readonly pids: readonly number[];
  readonly pace: Pace;
  /** Makes one change that carries `stamp`. */
  readonly update: (stamp: string, at: number) => Promise<unknown>;
}

/** What the reader of the watches is told, and says. */
export type ToReader = { readonly type: 'open'; readonly port: number; readonly keys: string; readonly path: string; readonly watchers: number } | { readonly type: 'count'; readonly deliveries: number };
export type FromReader = { readonly type: 'open' } | { readonly type: 'counted'; readonly latencies: readonly number[]; readonly bytes: number } | { readonly type: 'failed'; readonly message: string };

const stampKey = 'bench/t';
/** Before the moment at which a change was sent. */
export const stampMark = `"${stampKey}":"`;
const stampDigits = 18;
const warmupDeliveries = 40_000;
const warmupChanges = 400;
const restMs = 1_000;
const deliveryTimeoutMs = 60_000;

/** Milliseconds of the machine's monotonic clock, which all processes share, in a text of always the same length. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
const stampOf = (ms: number): string => ms.toFixed(6).padStart(stampDigits, '0');

/** The annotations that carry a stamp. */
export const stamped = (stamp: string): Readonly<Record<string, string>> => ({ [stampKey]: stamp });

/** An event with another stamp in the place of its own. */
export function withStamp(event: Buffer, stamp: string): Buffer {
  const at = event.indexOf(stampMark);
  if (at < 0) throw new Error('the event has no stamp');
  const copy = Buffer.from(event);
  copy.write(stamp, at + stampMark.length, 'latin1');
  return copy;
}

/** Opens the watches, warms up with changes as fast as they go, then makes all. */
export async function deliver({ port, keys, path, pids, pace, update }: Delivery): Promise<{ readonly sample: Sample; readonly eventBytes: number }> {
  const reader = fork(join(import.meta.dirname, 'watch-reader.ts'), { serialization: 'advanced' });
  try {
    await told(reader, { type: 'open', port, keys, path, watchers: pace.watchers });
    await round(reader, { ...pace, perSecond: 0, changes: Math.ceil(warmupDeliveries / pace.watchers) }, update);
    const cpu = cpuOf(pids);
    const began = performance.now();
    const { latencies, bytes } = await round(reader, pace, update);
    const seconds = (performance.now() - began) / 1000;
    const operations = pace.watchers * pace.changes;
    return { sample: { operations, seconds, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), cpu: (cpuOf(pids) - cpu) / operations }, eventBytes: bytes / operations };
  } finally {
    reader.kill('SIGKILL');
  }
}

async function round(reader: ChildProcess, pace: Pace, update: Delivery['update']): Promise<Extract<FromReader, { type: 'counted' }>> {
  const counted = told(reader, { type: 'count', deliveries: pace.watchers * pace.changes });
  await makeChanges(pace, update);
  const answer = await counted;
  if (answer.type !== 'counted') throw new Error(`the reader says ${answer.type}`);
  return answer;
}

/** The changes alone, at the same pace, while nobody watches: what of a delivery's cost is not its own. Operations are changes. */
export async function unwatched({ pids, pace, update }: Pick<Delivery, 'pids' | 'pace' | 'update'>): Promise<Sample> {
  await makeChanges({ ...pace, perSecond: 0, changes: warmupChanges }, update);
  // The watches of the row before are gone by then.
  await sleep(restMs);
  const cpu = cpuOf(pids);
  const began = performance.now();
  const latencies: number[] = [];
  await makeChanges(pace, async (stamp, at) => {
    await update(stamp, at);
    latencies.push(now() - Number(stamp));
  });
  return { operations: pace.changes, seconds: (performance.now() - began) / 1000, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), cpu: (cpuOf(pids) - cpu) / pace.changes };
}

async function makeChanges({ changes, perSecond, writers }: Pace, update: Delivery['update']): Promise<void> {
  const change = (at: number): Promise<unknown> => update(stampOf(now()), at);
  if (perSecond === 0) {
    let next = 0;
    const write = async (): Promise<void> => {
      while (next < changes) await change(next++);
    };
    await Promise.all(Array.from({ length: writers }, write));
  } else {
    const under: Array<Promise<unknown>> = [];
    const began = performance.now();
    for (let at = 0; at < changes; at++) {
      const wait = began + (at * 1000) / perSecond - performance.now();
      if (wait > 0) await sleep(wait);
      under.push(change(at));
    }
    await Promise.all(under);
  }
}

/** Sends a message and waits for the answer. */
function told(reader: ChildProcess, message: ToReader): Promise<FromReader> {
  return new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Error(`no answer to ${message.type} in time`)), deliveryTimeoutMs);
    const end = (finish: () => void): void => {
      clearTimeout(late);
      reader.off('message', onMessage);
      reader.off('exit', onExit);
      finish();
    };
    const onMessage = (answer: FromReader): void => end(() => (answer.type === 'failed' ? fail(new Error(answer.message)) : done(answer)));
    const onExit = (code: number | null): void => end(() => fail(new Error(`the reader ended with ${code}`)));
    reader.on('message', onMessage);
    reader.on('exit', onExit);
    reader.send(message);
  });
}
