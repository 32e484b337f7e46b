/** What is measured against a running server, one row each. */
import { Compare_CompareResult, Compare_CompareTarget, KVService, PutRequest, RangeRequest, type TxnRequest, type TxnResponse } from '@rhythm/proto/etcd';
import { closedLoop, type Sample } from '../lib/measure.ts';
import type { Server } from './servers.ts';
import { watchRow } from './watch-row.ts';

/** Keys that the rows with values of 256 bytes work on; a range of all of them is a row too. */
const keys = 10_000;
const smallBytes = 256;
/** A small object of Kubernetes. */
const objectBytes = 1024;
const prefix = '/bench/';
const rangeEnd = Buffer.from('/bench0');

export interface Row {
  readonly name: string;
  run(server: Server, seconds: number): Promise<Sample>;
}

const value = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, (_, at) => 32 + ((at * 7) % 94)));
const small = value(smallBytes);
const object = value(objectBytes);
const keyOf = (at: number): Buffer => Buffer.from(`${prefix}${String(at).padStart(8, '0')}`);
const someKey = (): Buffer => keyOf(Math.floor(Math.random() * keys));

/** Puts every key once, so that all rows find them. */
export async function fill(server: Server, count = keys, bytes = smallBytes): Promise<void> {
  const filling = value(bytes);
  let next = 0;
  await Promise.all(
    Array.from({ length: 256 }, async () => {
      while (next < count) await put(server, keyOf(next++), filling);
    }),
  );
}

function put(server: Server, key: Uint8Array, data: Uint8Array): Promise<unknown> {
  return server.unary.call(KVService.put, { ...emptyPut, key, value: data });
}

const emptyPut = PutRequest.fromPartial({});
const emptyRange = RangeRequest.fromPartial({});

function puts(inFlight: number): Row {
  return { name: `put, ${inFlight} client${inFlight === 1 ? '' : 's'}`, run: ({ pids, ...server }, seconds) => closedLoop({ inFlight, seconds, pids, one: () => put({ pids, ...server }, someKey(), small) }) };
}

function gets(inFlight: number, serializable: boolean): Row {
  return {
    name: `get ${serializable ? 'serializable' : 'linearizable'}, ${inFlight}`,
    run: ({ unary, pids }, seconds) => closedLoop({ inFlight, seconds, pids, one: () => unary.call(KVService.range, { ...emptyRange, key: someKey(), serializable }) }),
  };
}

/** The apiserver's update: put if the key is as it was read, else read it; each client has keys of its own. */
function compareAndPut(inFlight: number): Row {
  return {
    name: `compare-and-put, ${inFlight}`,
    run: async ({ unary, pids }, seconds) => {
      const known = new Map<string, bigint>();
      const one = async (slot: number): Promise<void> => {
        const key = Buffer.from(`/txn/${slot}/${Math.floor(Math.random() * 100)}`);
        const name = key.toString();
        const response: TxnResponse = await unary.call(KVService.txn, updateOf(key, known.get(name) ?? 0n));
        known.set(name, response.succeeded ? (response.header?.revision ?? 0n) : revisionFound(response));
      };
      return closedLoop({ inFlight, seconds, pids, one });
    },
  };
}

function updateOf(key: Uint8Array, modRevision: bigint): TxnRequest {
  return {
    compare: [{ result: Compare_CompareResult.EQUAL, target: Compare_CompareTarget.MOD, key, targetUnion: { $case: 'modRevision', value: modRevision }, rangeEnd: new Uint8Array(0) }],
    success: [{ request: { $case: 'requestPut', value: { ...emptyPut, key, value: object } } }],
    failure: [{ request: { $case: 'requestRange', value: { ...emptyRange, key } } }],
  };
}

function revisionFound({ responses }: TxnResponse): bigint {
  const found = responses[0]?.response;
  return found?.$case === 'responseRange' ? (found.value.kvs[0]?.modRevision ?? 0n) : 0n;
}

/** The same through the apiserver's own client, which sends many in one message where the store can take them. */
function clientCompareAndPut(inFlight: number): Row {
  return {
    name: `apiserver's client: compare-and-put, ${inFlight}`,
    run: async ({ store, pids }, seconds) => {
      const known = new Map<string, number>();
      const one = async (slot: number): Promise<void> => {
        const key = `/client/${slot}/${Math.floor(Math.random() * 100)}`;
        const result = await store.txn([{ key, modRevision: known.get(key) ?? 0 }], [{ kind: 'put', key, value: object }]);
        known.set(key, result.succeeded ? result.revision : (result.current[0]?.modRevision ?? 0));
      };
      return closedLoop({ inFlight, seconds, pids, one });
    },
  };
}

function clientGets(inFlight: number): Row {
  return { name: `apiserver's client: get, ${inFlight}`, run: ({ store, pids }, seconds) => closedLoop({ inFlight, seconds, pids, one: () => store.range(someKey().toString()) }) };
}

const rangeAll: Row = {
  name: `range of ${keys} keys`,
  run: async ({ unary, pids }, seconds) => {
    const request = KVService.range.requestSerialize({ ...emptyRange, key: Buffer.from(prefix), rangeEnd });
    const first = KVService.range.responseDeserialize(await unary.callBytes(KVService.range.path, request));
    if (first.kvs.length !== keys) throw new Error(`the range has ${first.kvs.length} keys, not ${keys}`);
    return closedLoop({ inFlight: 1, seconds, pids, one: () => unary.callBytes(KVService.range.path, request) });
  },
};

export const rows: readonly Row[] = [
  puts(1),
  puts(64),
  puts(256),
  compareAndPut(1),
  compareAndPut(64),
  gets(1, false),
  gets(64, false),
  gets(64, true),
  rangeAll,
  watchRow('watch: 1000 watchers, a stream each', 1000),
  watchRow('watch: 1000 watchers on 10 streams', 10),
  clientCompareAndPut(1),
  clientCompareAndPut(64),
  clientCompareAndPut(256),
  clientGets(64),
];
