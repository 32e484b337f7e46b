import { expect, test } from 'vitest';
import { storeProcess } from './store-process.ts';

/** `etcdctl check perf`: one minute of 150 writes a second, as etcd's own check for a small cluster. Its `check datascale` reads etcd's metrics from the port of the API. */
test('is fast enough for the check of etcdctl', { timeout: 150_000 }, async () => {
  const store = await storeProcess();
  try {
    expect(await store.etcdctl(['check', 'perf', '--load=s'], { timeoutMs: 120_000 })).toMatch(/PASS: Throughput is \d+ writes\/s/);
  } finally {
    await store.remove();
  }
});
