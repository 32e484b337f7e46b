import { ApiError } from '@rhythm/api';
import { seededRandom, silentLog, systemClock, type Log } from '@rhythm/base';
import { memoryStore, StoreError, type Store } from '@rhythm/store-client';
import { beforeAll, expect, test } from 'vitest';
import { startTestServer, testCluster, type TestCluster } from '../test-server.ts';
import { StartSteps, type StartPorts } from './start-steps.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await testCluster();
});

/** A store that is away at the operations with these numbers; every second write that fails has been done nevertheless. */
function faulty(away: ReadonlySet<number>): { store: Store; operations: () => number } {
  const inner = memoryStore();
  let [operations, failedWrites] = [0, 0];
  const store: Store = {
    range: async (...given) => {
      if (away.has(operations++)) throw new StoreError('Unavailable', 'connection refused');
      return inner.range(...given);
    },
    txn: async (...given) => {
      if (!away.has(operations++)) return inner.txn(...given);
      if (failedWrites++ % 2 === 0) throw new StoreError('Unavailable', 'connection refused');
      await inner.txn(...given);
      throw new StoreError('Unknown', 'the connection broke');
    },
    watch: (...given) => inner.watch(...given),
    progressMode: () => inner.progressMode(),
    requestProgress: () => inner.requestProgress(),
    leaseGrant: (ttl) => inner.leaseGrant(ttl),
    compact: (revision) => inner.compact(revision),
    close: () => inner.close(),
  };
  return { store, operations: () => operations };
}

/** Keys in the store after a start; what is in it once only (uids, leases of this server) has the same key each time. */
async function keysAfterStart(store: Store): Promise<string[]> {
  const api = await startTestServer(cluster, { store });
  await api.stop();
  const { values } = await store.range('/registry/', { end: '/registry0' });
  return values.map(({ key }) => key.replace(/apiserver-[0-9a-f]+$/, 'apiserver-ID')).toSorted();
}

test('a store that goes away again and again while a server starts holds it up, and nothing is missing', async () => {
  const well = faulty(new Set());
  const wanted = await keysAfterStart(well.store);
  expect(wanted.length).toBeGreaterThan(100);
  const away = new Set(Array.from({ length: 9 }, (_none, n) => Math.floor((well.operations() * n) / 10)));
  const ill = faulty(away);
  expect(await keysAfterStart(ill.store)).toEqual(wanted);
  expect(ill.operations()).toBeGreaterThan(Math.max(...away));
});

const ports = (signal: AbortSignal, log: Log = silentLog): StartPorts => ({ clock: systemClock, random: seededRandom(1), log, signal });

test('what another server wrote first is no failure; what will not pass is', async () => {
  const steps = new StartSteps(ports(new AbortController().signal));
  let attempts = 0;
  await steps.run('bootstrap-controller', async () => {
    if (attempts++ === 0) throw new Error('the Service', { cause: new ApiError('Conflict', 'the object has been modified') });
  });
  expect(attempts).toBe(2);
  await expect(steps.run('crd-informer-synced', () => Promise.reject(new StoreError('NoSpace', 'the store is full')))).rejects.toThrow('the store is full');
  expect(steps.checks.filter((one) => passes(() => one.check())).map(({ name }) => name)).toEqual(['poststarthook/bootstrap-controller']);
});

test('a server that is stopped does not wait for its store', async () => {
  const stop = new AbortController();
  const warned: string[] = [];
  const log: Log = {
    ...silentLog,
    warn: (text) => {
      warned.push(text);
      stop.abort(new Error('the server is stopping'));
    },
  };
  const steps = new StartSteps(ports(stop.signal, log));
  await expect(steps.run('crd-informer-synced', () => Promise.reject(new StoreError('Unavailable', 'connection refused')))).rejects.toThrow('the server is stopping');
  expect(warned).toEqual(['a step of the start is tried again']);
});

function passes(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
