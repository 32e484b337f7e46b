import { afterAll, beforeAll, expect, test } from 'vitest';
import { storeProcess, type StoreProcess } from './store-process.ts';

/** What monitoring sees of a store: the pages that etcd serves, under the names that dashboards of etcd use. */
let store: StoreProcess;
let base = '';
beforeAll(async () => {
  store = await storeProcess(undefined, ['--metrics-port', '0']);
  base = `http://127.0.0.1:${/"msg":"serving metrics".*"port":(\d+)/.exec(store.log())?.[1] ?? ''}`;
});
afterAll(() => store.remove());

async function page(path: string): Promise<readonly [status: number, body: string]> {
  const response = await fetch(`${base}${path}`);
  return [response.status, await response.text()];
}

/** Values by name and labels. */
async function metrics(): Promise<ReadonlyMap<string, number>> {
  const [, text] = await page('/metrics');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

test('says whether it is well', async () => {
  expect(await page('/health')).toEqual([200, '{"health":"true","reason":""}']);
  expect(await page('/livez')).toEqual([200, 'ok\n']);
  expect(await page('/readyz?verbose')).toEqual([200, '[+]data_corruption ok\n[+]serializable_read ok\n[+]linearizable_read ok\n[+]non_learner ok\nok\n']);
  expect(await page('/readyz/linearizable_read')).toEqual([200, 'ok\n']);
  expect((await page('/readyz/other'))[0]).toBe(404);
  expect(await page('/version')).toEqual([200, '{"etcdserver":"3.6.0","etcdcluster":"3.6.0"}']);
  await store.etcdctl(['endpoint', 'health']);
});

test('counts what happens under the names of etcd', async () => {
  const before = await metrics();
  await store.etcdctl(['put', 'a', '1']);
  await store.etcdctl(['put', 'a', '2']);
  await store.etcdctl(['get', 'a']);
  await store.etcdctl(['del', 'a']);
  await store.etcdctl(['put', 'x', 'y', '--lease=1234'], { fails: true });
  const after = await metrics();
  const grew = (name: string): number => (after.get(name) ?? NaN) - (before.get(name) ?? 0);
  const call = (method: string, code: string): string => `grpc_server_handled_total{grpc_type="unary",grpc_service="etcdserverpb.KV",grpc_method="${method}",grpc_code="${code}"}`;
  expect(grew(call('Put', 'OK'))).toBe(2);
  // etcdctl does not repeat what failed for a reason of its own.
  expect(grew(call('Put', 'NotFound'))).toBe(1);
  expect(grew(call('Range', 'OK'))).toBe(1);
  expect(grew('etcd_mvcc_put_total')).toBe(2);
  expect(grew('etcd_mvcc_delete_total')).toBe(1);
  expect(grew('etcd_mvcc_range_total')).toBe(1);
  expect(grew('etcd_debugging_mvcc_current_revision')).toBe(3);
  expect(grew('etcd_disk_wal_fsync_duration_seconds_count')).toBeGreaterThanOrEqual(3);
  expect(grew('etcd_network_client_grpc_received_bytes_total')).toBeGreaterThan(10);
  expect(grew('etcd_server_proposals_applied_total')).toBe(4);
  for (const name of ['etcd_server_has_leader', 'etcd_server_is_leader', 'etcd_server_leader_changes_seen_total']) expect(after.get(name), name).toBe(1);
  for (const name of ['etcd_mvcc_db_total_size_in_bytes', 'process_resident_memory_bytes', 'process_start_time_seconds', 'etcd_server_quota_backend_bytes']) expect(after.get(name), name).toBeGreaterThan(100);
  for (const name of ['etcd_server_proposals_pending', 'etcd_server_proposals_failed_total', 'etcd_mvcc_db_total_size_in_use_in_bytes', 'etcd_disk_backend_commit_duration_seconds_count', 'etcd_debugging_mvcc_watcher_total']) {
    expect(after.has(name), name).toBe(true);
  }
});
