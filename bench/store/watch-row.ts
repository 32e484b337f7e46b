/** Deliveries to a thousand watchers of one prefix while sixteen clients put into it. */
import { KVService, PutRequest, WatchRequest, WatchService } from '@rhythm/proto/etcd';
import { GrpcConnection } from '../lib/grpc-connection.ts';
import { cpuOf, percentile, type Sample } from '../lib/measure.ts';
import type { Row } from './rows.ts';
import type { Server } from './servers.ts';

const watchers = 1000;
const writers = 16;
const valueBytes = 256;
/** Puts per second of measuring, on one stream each and on shared ones: about what etcd delivers. */
const pace = { alone: 300, shared: 1000 };
const timeoutMs = 120_000;

export function watchRow(name: string, streams: number): Row {
  return {
    name,
    run: async (server, seconds) => {
      const prefix = `/watch/${process.hrtime.bigint()}/`;
      const reader = await GrpcConnection.open(server.endpoint);
      try {
        return await deliver(server, reader, prefix, streams, Math.round(seconds * (streams === watchers ? pace.alone : pace.shared)));
      } finally {
        reader.close();
      }
    },
  };
}

async function deliver(server: Server, reader: GrpcConnection, prefix: string, streams: number, puts: number): Promise<Sample> {
  let events = 0;
  const warmup = Math.ceil(puts / 5);
  const reached = await openWatches(reader, prefix, streams, () => events, (more) => (events += more));
  await write(server, prefix, warmup);
  await reached(watchers * warmup);
  const cpu = cpuOf(server.pids);
  const began = performance.now();
  const latencies = await write(server, prefix, puts);
  await reached(watchers * (warmup + puts));
  const seconds = (performance.now() - began) / 1000;
  const operations = watchers * puts;
  return { operations, seconds, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), cpu: (cpuOf(server.pids) - cpu) / operations };
}

/** Opens the watches; the result waits until so many events have arrived, and fails when they do not come. */
async function openWatches(reader: GrpcConnection, prefix: string, streams: number, seen: () => number, add: (events: number) => void): Promise<(events: number) => Promise<void>> {
  let created = 0;
  let waiting: { readonly events: number; readonly done: () => void } | undefined;
  const all = Promise.withResolvers<void>();
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  const onMessage = (message: Buffer): void => {
    const { isCreated, events } = look(message);
    if (isCreated && ++created === watchers) all.resolve();
    add(events);
    if (waiting !== undefined && seen() >= waiting.events) waiting.done();
  };
  const create = WatchRequest.fromPartial({ requestUnion: { $case: 'createRequest', value: { key: Buffer.from(prefix), rangeEnd: Buffer.from(`${prefix.slice(0, -1)}0`) } } });
  for (let at = 0; at < streams; at++) {
    const stream = reader.stream(WatchService.watch, onMessage, (error) => broken.reject(error ?? new Error('a watch ended')));
    for (let one = 0; one < watchers / streams; one++) stream.write(create);
  }
  await Promise.race([all.promise, broken.promise]);
  return async (events) => {
    if (seen() >= events) return;
    const late = setTimeout(() => broken.reject(new Error(`${seen()} of ${events} events arrived`)), timeoutMs);
    await Promise.race([new Promise<void>((done) => (waiting = { events, done })), broken.promise]);
    clearTimeout(late);
  };
}

/** Milliseconds of each put. */
async function write(server: Server, prefix: string, puts: number): Promise<number[]> {
  const latencies: number[] = [];
  const empty = PutRequest.fromPartial({ value: Buffer.alloc(valueBytes, 'v') });
  let next = 0;
  await Promise.all(
    Array.from({ length: writers }, async () => {
      while (next < puts) {
        const began = performance.now();
        await server.unary.call(KVService.put, { ...empty, key: Buffer.from(`${prefix}${next++ % 100}`) });
        latencies.push(performance.now() - began);
      }
    }),
  );
  return latencies;
}

/** The two fields of a WatchResponse that count here (3: created, 11: events), without decoding the rest: the client must cost little. */
function look(message: Buffer): { readonly isCreated: boolean; readonly events: number } {
  let at = 0;
  let isCreated = false;
  let events = 0;
  const varint = (): number => {
    let number = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = message[at++] ?? 0;
      number += (byte & 0x7f) * scale;
      if (byte < 0x80) return number;
    }
  };
  while (at < message.length) {
    const tag = varint();
    if ((tag & 7) === 2) {
      const length = varint();
      at += length;
      if (tag >>> 3 === 11) events++;
    } else {
      const number = varint();
      if (tag >>> 3 === 3) isCreated = number !== 0;
    }
  }
  return { isCreated, events };
}
