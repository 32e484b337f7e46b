import { afterAll, beforeAll, expect, test } from 'vitest';
import { bidi, GrpcError, status, type Client } from '@rhythm/grpc';
import { KVService, LeaseService, WatchService, type Compare, type RangeRequest, type RequestOp, type TxnRequest } from '@rhythm/proto/etcd';
import { bytes, Dice, expectEqualHashes, outcome, plain, revisionOf, startBoth, stepOf, type Both, type Step } from './both.ts';

/** The same requests to Debian's etcd-server and to ours: every field of every answer, every error, every event, every hash. */
let clients: Both['clients'];
let both: Both;

beforeAll(async () => {
  both = await startBoth();
  clients = both.clients;
});
afterAll(() => both.close());

const keys = ['a', 'aa', 'ab', 'b', 'ba', 'c', '\xff'];
const ends = ['', '', 'ab', 'b', 'c', '\0', 'a'];

class Generator extends Dice {
  revision = 1;

  key(): Uint8Array {
    return bytes(this.chance(0.02) ? '' : this.pick(keys));
  }

  revisionOr0(): bigint {
    return this.chance(0.6) ? 0n : BigInt(Math.max(0, this.revision - this.int(12) + 2));
  }

  range(): RangeRequest {
    const some = (): bigint => (this.chance(0.85) ? 0n : this.revisionOr0());
    return {
      key: this.key(), rangeEnd: bytes(this.pick(ends)), limit: BigInt(this.chance(0.6) ? 0 : this.int(4)), revision: this.revisionOr0(),
      sortOrder: this.pick([0, 0, 1, 2]), sortTarget: this.pick([0, 0, 1, 2, 3, 4]), serializable: this.chance(0.3), keysOnly: this.chance(0.2), countOnly: this.chance(0.15),
      minModRevision: some(), maxModRevision: some(), minCreateRevision: some(), maxCreateRevision: some(),
    };
  }

  put() {
    return {
      key: this.key(), value: bytes(this.pick(['', '1', '2', 'x'.repeat(300)])), lease: this.pick([0n, 0n, 0n, 0n, 101n, 102n, 999n]), prevKv: this.chance(0.4),
      ignoreValue: this.chance(0.1), ignoreLease: this.chance(0.1),
    };
  }

  del() {
    return { key: this.key(), rangeEnd: bytes(this.pick(ends)), prevKv: this.chance(0.5) };
  }

  compare(): Compare {
    const $case = this.pick(['version', 'createRevision', 'modRevision', 'value', 'lease'] as const);
    const target = ({ version: 0, createRevision: 1, modRevision: 2, value: 3, lease: 4 } as const)[$case];
    const number = $case === 'lease' ? this.pick([0n, 101n]) : $case === 'version' ? BigInt(this.int(4)) : BigInt(this.int(this.revision + 2));
    const targetUnion = $case === 'value' ? { $case, value: bytes(this.pick(['', '1', '2'])) } : { $case, value: number };
    return { result: this.pick([0, 1, 2, 3]), target, key: this.key(), rangeEnd: bytes(this.chance(0.7) ? '' : this.pick(ends)), targetUnion };
  }

  op(depth: number): RequestOp {
    const dice = this.int(depth > 0 ? 10 : 8);
    if (dice < 3) return { request: { $case: 'requestRange', value: this.range() } };
    if (dice < 6) return { request: { $case: 'requestPut', value: this.put() } };
    if (dice < 8) return { request: { $case: 'requestDeleteRange', value: this.del() } };
    return { request: { $case: 'requestTxn', value: this.txn(depth - 1) } };
  }

  txn(depth = 2): TxnRequest {
    const list = <T>(max: number, make: () => T): T[] => Array.from({ length: this.int(max + 1) }, make);
    return { compare: list(2, () => this.compare()), success: list(3, () => this.op(depth)), failure: list(2, () => this.op(depth)) };
  }
}

function step(generator: Generator): Step {
  const of = stepOf;
  const dice = generator.int(100);
  if (dice < 30) return of('put', KVService.put, generator.put());
  if (dice < 40) return of('delete', KVService.deleteRange, generator.del());
  if (dice < 65) return of('txn', KVService.txn, generator.txn());
  if (dice < 88) return of('range', KVService.range, generator.range());
  if (dice < 92) return of('compact', KVService.compact, { revision: BigInt(Math.max(0, generator.revision - generator.int(15) + 1)), physical: generator.chance(0.5) });
  if (dice < 95) return of('grant', LeaseService.leaseGrant, { ID: generator.pick([101n, 102n]), TTL: generator.pick([1000n, 5000n, 10_000_000_000n]) });
  if (dice < 97) return of('revoke', LeaseService.leaseRevoke, { ID: generator.pick([101n, 102n, 999n]) });
  if (dice < 98) return of('leases', LeaseService.leaseLeases, {});
  return of('time to live', LeaseService.leaseTimeToLive, { ID: generator.pick([101n, 102n, 999n]), keys: true });
}

test.each([1, 2, 3, 4])('answers as etcd does: seed %i', async (seed) => {
  const generator = new Generator(seed);
  const kinds = new Map<string, number>();
  generator.revision = await revisionOf(clients[0]);
  const from = generator.revision + 1;
  expect(await revisionOf(clients[1])).toBe(generator.revision);
  let compacted = 0;
  for (let n = 0; n < 500; n++) {
    const one = step(generator);
    const [theirs, ours] = await Promise.all(clients.map((client) => outcome(client, one)));
    const kind = theirs?.startsWith('error') === true ? theirs : one.name;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    if (ours !== theirs) expect.fail(`step ${n}, ${one.name} ${plain(one.request)}\n  etcd ${theirs}\n  ours ${ours}`);
    const revision = /"revision":(\d+)/.exec(theirs ?? '');
    if (revision !== null && theirs?.startsWith('error') !== true) generator.revision = Math.max(generator.revision, Number(revision[1]));
    if (one.name === 'compact' && theirs?.startsWith('error') !== true) compacted = Number((one.request as { revision: bigint }).revision);
  }
  // Every kind of request and the errors that matter came up.
  expect([...kinds.keys()].filter((kind) => !kind.startsWith('error')).length).toBe(9);
  expect([...kinds.keys()].filter((kind) => kind.startsWith('error')).length).toBeGreaterThan(6);
  const start = Math.max(from, compacted + 1);
  const [theirEvents, ourEvents] = await Promise.all(clients.map((client) => eventsFrom(client, start, generator.revision)));
  expect(ourEvents).toEqual(theirEvents);
});

test('gives the same hashes as etcd for the same history', async () => {
  const revision = BigInt(await revisionOf(clients[0]));
  await expectEqualHashes(clients, [0n, revision, revision - 1n]);
});

/** What a watch of everything sees from `start` to the revision `end`. */
async function eventsFrom(client: Client, from: number, end: number): Promise<string[]> {
  const call = bidi(client, WatchService.watch);
  const value = { key: bytes('\0'), rangeEnd: bytes('\0'), startRevision: BigInt(from), progressNotify: false, filters: [], prevKv: true, watchId: 0n, fragment: false };
  await call.write({ requestUnion: { $case: 'createRequest', value } });
  const events: string[] = [];
  if (from > end) return events;
  try {
    for await (const response of call.messages) {
      if (response.canceled) throw new GrpcError(status.ABORTED, response.cancelReason);
      for (const event of response.events) events.push(plain(event));
      if (response.events.some((event) => Number(event.kv?.modRevision) === end)) return events;
    }
  } finally {
    call.cancel();
  }
  return events;
}
