import { afterAll, beforeAll, expect, test } from 'vitest';
import { storeProcess, type StoreProcess } from './store-process.ts';

/** A store with little room, as an operator of etcd would meet it. */
let store: StoreProcess;
beforeAll(async () => {
  store = await storeProcess(undefined, ['--quota-backend-bytes', '200000', '--auto-compaction-mode', 'periodic', '--auto-compaction-retention', '3s', '--metrics-port', '0']);
});
afterAll(() => store.remove());

async function health(query = ''): Promise<readonly [status: number, body: string]> {
  const port = [...store.log().matchAll(/"msg":"serving metrics".*"port":(\d+)/g)].at(-1)?.[1] ?? '';
  const response = await fetch(`http://127.0.0.1:${port}/health${query}`);
  return [response.status, await response.text()];
}

async function status(): Promise<{ readonly dbSizeInUse: number; readonly errors?: readonly string[] }> {
  const [found] = JSON.parse(await store.etcdctl(['endpoint', 'status', '-w', 'json'])) as ReadonlyArray<{ Status: { dbSizeInUse: number; errors?: string[] } }>;
  return found?.Status ?? { dbSizeInUse: 0 };
}

test('beyond the quota nothing is taken in until there is room again and the alarm is taken away', async () => {
  const value = 'x'.repeat(9000);
  // Each key once: what is current stays, however often history is compacted meanwhile.
  const fill = async (): Promise<string> => {
    for (let at = 0; ; at++) {
      try {
        await store.etcdctl(['put', `key-${at}`, value]);
      } catch (error) {
        return String(error);
      }
    }
  };
  expect(await fill()).toContain('etcdserver: mvcc: database space exceeded');
  expect(await store.etcdctl(['alarm', 'list'])).toMatch(/^memberID:\d+ alarm:NOSPACE \n$/);
  expect((await status()).errors).toEqual([expect.stringMatching(/^memberID:\d+ alarm:NOSPACE $/)]);
  expect(await health()).toEqual([503, '{"health":"false","reason":"ALARM NOSPACE"}']);
  expect(await health('?exclude=NOSPACE')).toEqual([200, '{"health":"true","reason":""}']);
  for (const args of [['put', 'a', 'b'], ['lease', 'grant', '10']]) expect(await store.etcdctl(args, { fails: true })).toContain('database space exceeded');
  expect(await store.etcdctl(['txn'], { input: '\nput a b\n\n\n', fails: true })).toContain('database space exceeded');
  expect(await store.etcdctl(['get', 'key-1', '--print-value-only'])).toBe(`${value}\n`);

  await store.etcdctl(['del', '--prefix', 'key-']);
  const { header } = JSON.parse(await store.etcdctl(['get', 'none', '-w', 'json'])) as { header: { revision: number } };
  // By its age the history may have been compacted up to there already.
  await store.etcdctl(['compaction', String(header.revision)]).catch((error: unknown) => expect(String(error)).toContain('required revision has been compacted'));
  await store.etcdctl(['defrag']);
  await expect.poll(async () => (await status()).dbSizeInUse).toBeLessThan(50_000);
  expect(await store.etcdctl(['put', 'a', 'b'], { fails: true })).toContain('database space exceeded');
  await store.kill('SIGKILL');
  await store.start();
  expect(await store.etcdctl(['put', 'a', 'b'], { fails: true })).toContain('database space exceeded');
  expect(await store.etcdctl(['alarm', 'disarm'])).toMatch(/^memberID:\d+ alarm:NOSPACE \n$/);
  await store.etcdctl(['put', 'a', 'b']);
  await store.etcdctl(['endpoint', 'health']);
});

test('history is compacted by its age', async () => {
  const { header } = JSON.parse(await store.etcdctl(['put', 'old', '1', '-w', 'json'])) as { header: { revision: number } };
  await expect
    .poll(
      async () => {
        await store.etcdctl(['put', 'old', '2']);
        return store.etcdctl(['get', 'old', `--rev=${header.revision}`]).catch((error: unknown) => String(error));
      },
      { timeout: 120_000, interval: 500 },
    )
    .toContain('required revision has been compacted');
  expect(await store.etcdctl(['get', 'old'])).toBe('old\n2\n');
});
