import { afterAll, beforeAll, expect, test } from 'vitest';
import { bidi, unary, type BidiCall, type Client } from '@rhythm/grpc';
import { KVService, LeaseService, WatchService, type WatchCreateRequest, type WatchRequest, type WatchResponse } from '@rhythm/proto/etcd';
import { bytes, Dice, outcome, plain, revisionOf, startBoth, stepOf, type Both } from './both.ts';

/** Watches on Debian's etcd-server and on ours: the answers to what is asked of the stream, and each watch's events. */
let both: Both;
beforeAll(async () => {
  both = await startBoth();
});
afterAll(() => both.close());

const settleMsMax = 120_000;
const keys = ['a', 'ab', 'b', 'c', 'd'];
const ends = ['', '', 'b', 'c', '\0', 'a'];
/**
 * A key whose watch tells that what was written before has been sent to the watches that are complete. It comes before all others, so that hardly
 * any other watch sees it: of one change, nobody says which watch is told first.
 */
const sentinel = 'A';
/** What differs after so long, when etcd has sent all, differs for good, and is told at the end. */
const historyMsMax = 60_000;

/** One stream of watches, and what came on it. */
class Side {
  readonly #call: BidiCall<WatchRequest, WatchResponse>;
  /** Of each watch: its events and its end, in order; how events are put together into messages is not compared. */
  readonly logs = new Map<string, string[]>();
  readonly #answers: string[] = [];
  readonly #waiting: Array<() => void> = [];

  constructor(client: Client) {
    this.#call = bidi(client, WatchService.watch);
    void this.#read();
  }

  /** Sends a request that is answered at once; gives the answer. */
  async ask(request: WatchRequest): Promise<string> {
    await this.#call.write(request);
    while (this.#answers.length === 0) await new Promise<void>((done) => this.#waiting.push(done));
    return this.#answers.shift() ?? '';
  }

  log(id: string): string[] {
    const log = this.logs.get(id) ?? [];
    this.logs.set(id, log);
    return log;
  }

  close(): void {
    this.#call.cancel();
  }

  async #read(): Promise<void> {
    try {
      for await (const response of this.#call.messages) this.#take(response);
    } catch {
      // Closed by the test.
    }
  }

  #take(response: WatchResponse): void {
    const log = this.log(String(response.watchId));
    for (const event of response.events) log.push(plain(event));
    const { created, canceled, cancelReason, compactRevision, watchId, header } = response;
    const control = plain({ created, canceled, cancelReason, compactRevision, watchId });
    // What is ended because its history has gone was not asked for.
    if (canceled && !created && compactRevision > 0n) log.push(control);
    else if (created || canceled) this.#answers.push(`${control} ${header?.revision}`);
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** Ids of watches that are there all the time; for the first others ask in vain. */
const kept = 99;
const sentinelId = 98;
/** From here on: watches that tell that all history has been sent. */
const historyIds = 1_000_000;

class WatchGenerator extends Dice {
  revision = 1;
  #nextId = 100;

  create(): WatchCreateRequest {
    return {
      key: bytes(this.chance(0.05) ? '' : this.pick(keys)),
      rangeEnd: bytes(this.pick(ends)),
      startRevision: this.chance(0.4) ? 0n : BigInt(Math.max(1, this.revision - this.int(30) + 3)),
      progressNotify: this.chance(0.2),
      filters: this.pick([[], [], [], [0], [1], [0, 1]]) as WatchCreateRequest['filters'],
      prevKv: this.chance(0.4),
      watchId: this.pick([0n, 0n, 0n, BigInt(kept), BigInt(this.#nextId++)]),
      fragment: this.chance(0.3),
    };
  }
}

test.each([31, 32])('watches as etcd does: seed %i', async (seed) => {
  const { clients } = both;
  const generator = new WatchGenerator(seed);
  generator.revision = await revisionOf(clients[0]);
  const sides = clients.map((client) => new Side(client));
  const answers = new Map<string, number>();
  const ask = async (n: number, request: WatchRequest): Promise<{ readonly watchId: number; readonly created: boolean; readonly canceled: boolean }> => {
    const [theirs = '', ours] = await Promise.all(sides.map((side) => side.ask(request)));
    if (ours !== theirs) expect.fail(`step ${n}, ${plain(request)}\n  etcd ${theirs}\n  ours ${ours}`);
    const kind = theirs.replace(/"watchId":-?\d+| \d+$/g, '');
    answers.set(kind, (answers.get(kind) ?? 0) + 1);
    return JSON.parse(theirs.slice(0, theirs.lastIndexOf('}') + 1)) as Awaited<ReturnType<typeof ask>>;
  };
  await ask(-1, { requestUnion: { $case: 'createRequest', value: { ...generator.create(), startRevision: 0n, rangeEnd: bytes(''), watchId: BigInt(kept) } } });
  await ask(-1, { requestUnion: { $case: 'createRequest', value: { ...generator.create(), key: bytes(sentinel), rangeEnd: bytes(''), startRevision: 0n, filters: [1], watchId: BigInt(sentinelId) } } });
  let sentinels = 0;
  let histories = historyIds;
  /** Everything written so far has come, on both sides. */
  const settled = async (): Promise<void> => {
    const put = { key: bytes(sentinel), value: bytes(''), lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false };
    await Promise.all(clients.map((client) => unary(client, KVService.put, put)));
    sentinels++;
    await until(() => sides.every((side) => side.log(String(sentinelId)).length === sentinels));
  };
  /**
   * What was asked for of the past has come as well. etcd sends it from time to time, to all who wait for it at once: when a watch that was made last
   * has its own, the others' has been sent too, and comes before what is written afterwards.
   */
  const historySettled = async (): Promise<void> => {
    await settled();
    const [watchId, startRevision] = [BigInt(histories++), BigInt(await revisionOf(clients[0]))];
    const value: WatchCreateRequest = { key: bytes(sentinel), rangeEnd: bytes(''), startRevision, filters: [], progressNotify: false, prevKv: false, fragment: false, watchId };
    await ask(-1, { requestUnion: { $case: 'createRequest', value } });
    await until(() => sides.every((side) => side.log(String(watchId)).length === 1));
    await ask(-1, { requestUnion: { $case: 'cancelRequest', value: { watchId } } });
    await settled();
    await until(() => sizes(sides[0]) === sizes(sides[1]), historyMsMax).catch(() => undefined);
  };
  const open = new Set<bigint>();
  for (let n = 0; n < 300; n++) {
    const dice = generator.int(100);
    if (dice < 55) {
      const key = bytes(generator.pick(keys));
      const step = generator.chance(0.6)
        ? stepOf('put', KVService.put, { key, value: bytes(String(n)), lease: generator.pick([0n, 0n, 5n]), prevKv: false, ignoreValue: false, ignoreLease: false })
        : stepOf('delete', KVService.deleteRange, { key, rangeEnd: bytes(generator.pick(ends)), prevKv: false });
      await Promise.all(clients.map((client) => outcome(client, step)));
      generator.revision = await revisionOf(clients[0]);
    } else if (dice < 85) {
      const value = generator.create();
      const { watchId, created, canceled } = await ask(n, { requestUnion: { $case: 'createRequest', value } });
      // Those that begin in the past may end for want of history: etcd keeps their ids taken, we do not.
      // One from the first key on sees the sentinel as well, and could be cancelled just before that.
      if (created && !canceled && value.startRevision === 0n && value.key.length > 0 && watchId !== kept) open.add(BigInt(watchId));
    } else if (dice < 92 && open.size > 0) {
      const watchId = generator.pick([...open]);
      open.delete(watchId);
      await settled();
      await ask(n, { requestUnion: { $case: 'cancelRequest', value: { watchId } } });
    } else if (dice < 96) {
      const step = generator.chance(0.5) ? stepOf('grant', LeaseService.leaseGrant, { ID: 5n, TTL: 1000n }) : stepOf('revoke', LeaseService.leaseRevoke, { ID: 5n });
      await Promise.all(clients.map((client) => outcome(client, step)));
    } else if (dice < 98) {
      await historySettled();
      const step = stepOf('compact', KVService.compact, { revision: BigInt(Math.max(1, generator.revision - generator.int(20))), physical: true });
      await Promise.all(clients.map((client) => outcome(client, step)));
    }
  }
  await historySettled();
  const [theirs, ours] = sides.map((side) => Object.fromEntries([...side.logs].filter(([, log]) => log.length > 0)));
  expect(ours).toEqual(theirs);
  expect(Object.values(theirs ?? {}).flat().length).toBeGreaterThan(200);
  expect(answers.size).toBeGreaterThanOrEqual(4);
  for (const side of sides) side.close();
});

/** How much each watch was sent, as text. */
function sizes(side: Side | undefined): string {
  return [...(side?.logs ?? [])].flatMap(([id, log]) => (log.length === 0 ? [] : `${id} ${log.length}`)).toSorted().join();
}

async function until(condition: () => boolean, msMax = settleMsMax): Promise<void> {
  for (const end = Date.now() + msMax; !condition(); ) {
    if (Date.now() > end) throw new Error('nothing more came');
    await new Promise((done) => setTimeout(done, 5));
  }
}
