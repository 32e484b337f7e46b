import { execFile } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outputUntil, storeProcess, type StoreProcess } from './store-process.ts';

/** Debian's etcdctl 3.4 against a real store process, mutual TLS. */
let store: StoreProcess;
beforeAll(async () => {
  store = await storeProcess();
});
afterAll(() => store.remove());

test('puts, gets, deletes', async () => {
  await store.etcdctl(['put', 'foo', 'bar']);
  await store.etcdctl(['put', 'foo2', 'bar2']);
  expect(await store.etcdctl(['put', '--prev-kv', 'foo', 'baz'])).toBe('OK\nfoo\nbar\n');
  expect(await store.etcdctl(['get', 'foo'])).toBe('foo\nbaz\n');
  expect(await store.etcdctl(['get', '--prefix', 'fo'])).toBe('foo\nbaz\nfoo2\nbar2\n');
  expect(await store.etcdctl(['get', '--prefix', '--keys-only', '--order=DESCEND', '--sort-by=KEY', 'fo'])).toBe('foo2\n\nfoo\n\n');
  expect(await store.etcdctl(['get', '--prefix', '--limit=1', 'fo'])).toBe('foo\nbaz\n');
  expect(await store.etcdctl(['get', '--from-key', 'foo2', '--consistency=s'])).toBe('foo2\nbar2\n');
  expect(await store.etcdctl(['del', '--prefix', '--prev-kv', 'fo'])).toBe('2\nfoo\nbaz\nfoo2\nbar2\n');
  expect(await store.etcdctl(['get', 'foo'])).toBe('');
});

test('reads the past until it is compacted', async () => {
  await store.etcdctl(['put', 'old', '1']);
  const { header } = JSON.parse(await store.etcdctl(['get', 'old', '-w', 'json'])) as { header: { revision: number } };
  await store.etcdctl(['put', 'old', '2']);
  expect(await store.etcdctl(['get', 'old', `--rev=${header.revision}`])).toBe('old\n1\n');
  expect(await store.etcdctl(['compaction', String(header.revision + 1)])).toBe(`compacted revision ${header.revision + 1}\n`);
  expect(await store.etcdctl(['get', 'old', `--rev=${header.revision}`], { fails: true })).toContain('etcdserver: mvcc: required revision has been compacted');
  expect(await store.etcdctl(['get', 'old', '--rev=99999'], { fails: true })).toContain('etcdserver: mvcc: required revision is a future revision');
  expect(await store.etcdctl(['compaction', '1'], { fails: true })).toContain('etcdserver: mvcc: required revision has been compacted');
});

test('runs transactions', async () => {
  await store.etcdctl(['put', 'tx', '1']);
  const txn = 'value("tx") = "1"\nmod("none") = "0"\n\nput tx 2\nget tx\n\nget none\n\n';
  expect(await store.etcdctl(['txn'], { input: txn })).toBe('SUCCESS\n\nOK\n\ntx\n2\n');
  expect(await store.etcdctl(['txn'], { input: txn })).toBe('FAILURE\n\n');
  expect(await store.etcdctl(['txn'], { input: '\nput a 1\nput a 2\n\n\n', fails: true })).toContain('etcdserver: duplicate key given in txn request');
});

test('watches, from the past and with the values before', async () => {
  const { header } = JSON.parse(await store.etcdctl(['put', 'w/a', '1', '-w', 'json'])) as { header: { revision: number } };
  const watch = store.etcdctlProcess(['watch', '--prefix', 'w/', `--rev=${header.revision}`, '--prev-kv']);
  try {
    await outputUntil(watch, /PUT\nw\/a\n1\n/);
    const more = outputUntil(watch, /DELETE\nw\/a\n2\nw\/a\n/);
    await store.etcdctl(['put', 'w/a', '2']);
    await store.etcdctl(['put', 'elsewhere', 'x']);
    await store.etcdctl(['del', 'w/a']);
    expect(await more).toContain('PUT\nw/a\n1\nw/a\n2\nDELETE\nw/a\n2\nw/a\n');
  } finally {
    watch.kill();
  }
});

test('is told when what it watches is compacted', async () => {
  const { header } = JSON.parse(await store.etcdctl(['put', 'c', '1', '-w', 'json'])) as { header: { revision: number } };
  await store.etcdctl(['put', 'c', '2']);
  await store.etcdctl(['compaction', String(header.revision + 1)]);
  expect(await store.etcdctl(['watch', 'c', '--rev=1'], { fails: true })).toContain('required revision has been compacted');
});

test('grants leases, keeps them alive, revokes them, lets them run out', async () => {
  const grant = async (seconds: number): Promise<string> => {
    const granted = /lease ([0-9a-f]+) granted with TTL\((\d+)s\)/.exec(await store.etcdctl(['lease', 'grant', String(seconds)]));
    expect(granted?.[2]).toBe(String(seconds));
    return granted?.[1] ?? '';
  };
  const lease = await grant(60);
  await store.etcdctl(['put', 'leased', 'x', `--lease=${lease}`]);
  expect(await store.etcdctl(['lease', 'timetolive', lease, '--keys'])).toMatch(new RegExp(`^lease ${lease} granted with TTL\\(60s\\), remaining\\((\\d|[1-5]\\d|60)s\\), attached keys\\(\\[leased\\]\\)\n$`));
  expect(await store.etcdctl(['lease', 'keep-alive', '--once', lease])).toContain(`lease ${lease} keepalived with TTL(60)`);
  expect(await store.etcdctl(['lease', 'list'])).toContain(lease);
  expect(await store.etcdctl(['lease', 'revoke', lease])).toContain('revoked');
  expect(await store.etcdctl(['get', 'leased'])).toBe('');
  expect(await store.etcdctl(['lease', 'revoke', lease], { fails: true })).toContain('etcdserver: requested lease not found');
  expect(await store.etcdctl(['put', 'x', 'y', `--lease=${lease}`], { fails: true })).toContain('etcdserver: requested lease not found');

  // On a slow machine one may run out before it is used: then another one.
  const usedInTime = async (): Promise<number> => {
    for (;;) {
      const put = await store.etcdctl(['put', 'short', 'x', `--lease=${await grant(5)}`, '-w', 'json']).catch((error: unknown) => expect(String(error)).toContain('requested lease not found'));
      if (put !== undefined) return (JSON.parse(put) as { header: { revision: number } }).header.revision;
    }
  };
  const watch = store.etcdctlProcess(['watch', 'short', `--rev=${await usedInTime()}`]);
  try {
    await outputUntil(watch, /PUT\nshort\nx\nDELETE\nshort\n/);
  } finally {
    watch.kill();
  }
});

test('answers questions about itself', async () => {
  expect(await store.etcdctl(['endpoint', 'status'])).toMatch(/^127\.0\.0\.1:\d+, [0-9a-f]+, 3\.6\.0, [\d.]+ [kM]?B, true, false, 1, \d+, \d+, \n$/);
  expect(await store.etcdctl(['member', 'list'])).toMatch(/^[0-9a-f]+, started, a, , https:\/\/127\.0\.0\.1:\d+, false\n$/);
  expect(await store.etcdctl(['alarm', 'list'])).toBe('');
  const hash = await store.etcdctl(['endpoint', 'hashkv']);
  expect(hash).toMatch(/^127\.0\.0\.1:\d+, \d+\n$/);
  await store.etcdctl(['endpoint', 'health']);
});

test('turns away who has no certificate', async () => {
  const args = ['--endpoints', store.endpoint, '--cacert', store.tls.ca, '--command-timeout=2s', '--dial-timeout=2s', 'get', 'foo'];
  const error = await new Promise((done) => execFile('etcdctl', args, { env: { ...process.env, ETCDCTL_API: '3' } }, done));
  expect(error).toBeInstanceOf(Error);
});

test('stops cleanly and finds everything again', async () => {
  await store.etcdctl(['put', 'kept', 'yes']);
  const before = await store.etcdctl(['endpoint', 'hashkv']);
  await store.kill('SIGTERM');
  await store.start();
  expect(await store.etcdctl(['get', 'kept'])).toBe('kept\nyes\n');
  expect(await store.etcdctl(['endpoint', 'hashkv'])).toBe(before);
});

test('disarms when there is no alarm, defragments, says which version it is', async () => {
  expect(await store.etcdctl(['alarm', 'disarm'])).toBe('');
  expect(await store.etcdctl(['defrag'])).toContain('Finished defragmenting etcd member');
  const status = JSON.parse(await store.etcdctl(['endpoint', 'status', '-w', 'json'])) as ReadonlyArray<{ Status: Record<string, unknown> }>;
  expect(status[0]?.Status).toMatchObject({ version: '3.6.0', raftIndex: expect.any(Number) as number });
});
