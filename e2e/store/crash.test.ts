import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog, systemClock, systemRandom } from '@rhythm/base';
import { etcdStore, StoreError, type Store } from '@rhythm/store-client';
import { storeProcess, type StoreProcess } from './store-process.ts';

let process_: StoreProcess;
beforeAll(async () => {
  process_ = await storeProcess();
});
afterAll(() => process_.remove());

const writers = 16;
const rounds = 5;
/** Writes that are acknowledged before each kill. */
const writesPerRound = 200;

/**
 * Writers put keys, each once; the process is killed in the middle, again and again. What was acknowledged must be there
 * afterwards, what was not may be, nothing else may be, and a watch from before the first kill must have seen it all once.
 */
test('a killed store has every acknowledged write', async () => {
  const { ca, cert, key } = process_.tls;
  const store = await etcdStore({
    endpoints: [process_.endpoint],
    tls: { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) },
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  });
  const acknowledged = new Map<string, number>();
  const unknown = new Set<string>();
  const seen = new Map<string, number>();
  const watching = watchAll(store, seen);
  let stop = false;
  let enough: (size: number) => void = () => undefined;
  const write = async (writer: number): Promise<void> => {
    for (let n = 0; !stop; n++) {
      const name = `/k/${writer}/${n}`;
      try {
        const { revision, succeeded } = await store.txn([{ key: name, modRevision: 0 }], [{ kind: 'put', key: name, value: Buffer.from(name.repeat(20)) }]);
        if (!succeeded) throw new Error(`${name} was there before it was written`);
        acknowledged.set(name, revision);
        enough(acknowledged.size);
      } catch (error) {
        if (!(error instanceof StoreError) || (error.kind !== 'Unknown' && error.kind !== 'Unavailable')) throw error;
        if (error.kind === 'Unknown') unknown.add(name);
        await new Promise((done) => setTimeout(done, 20));
      }
    }
  };
  const writing = Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  writing.catch(() => undefined);
  const moreWrites = (): Promise<void> => {
    const size = acknowledged.size + writesPerRound;
    return Promise.race([new Promise<void>((done) => (enough = (now) => now >= size && done())), writing.then(() => undefined)]);
  };
  for (let round = 0; round < rounds; round++) {
    await moreWrites();
    await process_.kill('SIGKILL');
    await process_.start();
  }
  await moreWrites();
  stop = true;
  await writing;

  const { values, revision } = await store.range('/k/', { end: '/k0' });
  const present = new Map(values.map((value) => [value.key, value.modRevision]));
  const lost = [...acknowledged].filter(([name, at]) => present.get(name) !== at);
  expect(lost).toEqual([]);
  expect([...present.keys()].filter((name) => !acknowledged.has(name) && !unknown.has(name))).toEqual([]);
  expect(acknowledged.size).toBeGreaterThanOrEqual((rounds + 1) * writesPerRound);
  await watching.reached(revision);
  expect(seen).toEqual(present);
  await store.close();
});

function watchAll(store: Store, seen: Map<string, number>): { reached(revision: number): Promise<void> } {
  let current = 0;
  const waiting: Array<{ readonly revision: number; done(): void; fail(error: unknown): void }> = [];
  void (async () => {
    try {
      for await (const batch of store.watch('/k/', 1)) {
        for (const event of batch.events) {
          if (seen.has(event.key)) throw new Error(`${event.key} was seen twice`);
          seen.set(event.key, event.modRevision);
        }
        current = batch.revision;
        for (const wait of waiting) if (wait.revision <= current) wait.done();
      }
    } catch (error) {
      for (const wait of waiting) wait.fail(error);
    }
  })();
  return { reached: (revision) => (current >= revision ? Promise.resolve() : new Promise((done, fail) => waiting.push({ revision, done, fail }))) };
}
