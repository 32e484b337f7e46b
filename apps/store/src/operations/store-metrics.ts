import type { Clock } from '@rhythm/base';
import type { Meter } from '@rhythm/grpc';
import { exponentialBuckets, MetricsRegistry, processMetrics } from '@rhythm/telemetry';
import type { Backend } from '../services/header.ts';
import { etcdVersion } from '../services/etcd-version.ts';
import type { KeyValues } from '../services/kv.ts';
import type { WatchHub } from '../watch/hub.ts';
import type { Observe } from './timed-disk.ts';

/** Bounds of etcd's histograms of disk times: 1 ms doubling to 8 s. */
const diskBuckets = exponentialBuckets(0.001, 2, 14);

/** The metrics of one member, under etcd's names. Made before the member, which is timed by them, and then shown it. */
export class StoreMetrics {
  readonly registry = new MetricsRegistry();
  readonly walFsync: Observe;
  readonly backendCommit: Observe;
  /** To be put at every service. */
  readonly meter: Meter;

  constructor(clock: Clock) {
    const { registry } = this;
    processMetrics(registry, clock);
    const fsync = registry.histogram('etcd_disk_wal_fsync_duration_seconds', 'The latency distributions of fsync called by WAL.', diskBuckets);
    const commit = registry.histogram('etcd_disk_backend_commit_duration_seconds', 'The latency distributions of commit called by backend.', diskBuckets);
    this.walFsync = (seconds) => fsync.observe(seconds);
    this.backendCommit = (seconds) => commit.observe(seconds);
    this.meter = callMeter(registry);
  }

  /** Shows the running member: what it counts is read whenever metrics are asked for. */
  observe(backend: Backend, hub: WatchHub, kv: Pick<KeyValues, 'ranges'>): void {
    serverMetrics(this.registry, backend);
    raftMetrics(this.registry, backend);
    spaceMetrics(this.registry, backend);
    keyMetrics(this.registry, backend, hub);
    const ranges = this.registry.counter('etcd_mvcc_range_total', 'Total number of ranges seen by this member.');
    this.registry.onCollect(() => ranges.raiseTo(kv.ranges));
    leaseMetrics(this.registry, backend);
  }
}

/** Methods are those of our services: there are no others, and none of a caller's choice. */
function callMeter(registry: MetricsRegistry): Meter {
  const names = ['grpc_type', 'grpc_service', 'grpc_method'];
  const started = registry.counters('grpc_server_started_total', 'Total number of RPCs started on the server.', names);
  const handled = registry.counters('grpc_server_handled_total', 'Total number of RPCs completed on the server, regardless of success or failure.', [...names, 'grpc_code']);
  const received = registry.counters('grpc_server_msg_received_total', 'Total number of RPC stream messages received on the server.', names);
  const sent = registry.counters('grpc_server_msg_sent_total', 'Total number of gRPC stream messages sent by the server.', names);
  const bytesIn = registry.counter('etcd_network_client_grpc_received_bytes_total', 'The total number of bytes received from grpc clients.');
  const bytesOut = registry.counter('etcd_network_client_grpc_sent_bytes_total', 'The total number of bytes sent to grpc clients.');
  return (service, method, type) => {
    const own = [type, service, method] as const;
    const [starts, messagesIn, messagesOut] = [started.labels(...own), received.labels(...own), sent.labels(...own)];
    const ok = handled.labels(...own, 'OK');
    return {
      started: () => starts.inc(),
      received: (bytes) => {
        messagesIn.inc();
        bytesIn.inc(bytes);
      },
      sent: (bytes) => {
        messagesOut.inc();
        bytesOut.inc(bytes);
      },
      handled: (code) => (code === 'OK' ? ok : handled.labels(...own, code)).inc(),
    };
  };
}

function serverMetrics(registry: MetricsRegistry, { identity, quotaBytes }: Backend): void {
  registry.gauges('etcd_server_id', 'Server or member ID in hexadecimal format. 1 for \'server_id\' label with current ID.', ['server_id']).labels(identity.memberId.toString(16)).set(1);
  registry.gauges('etcd_server_version', 'Which version is running. 1 for \'server_version\' label with current version.', ['server_version']).labels(etcdVersion).set(1);
  registry.gauges('etcd_cluster_version', 'Which version is running. 1 for \'cluster_version\' label with current cluster version.', ['cluster_version']).labels(etcdVersion).set(1);
  registry.gauge('etcd_server_quota_backend_bytes', 'Current backend storage quota size in bytes.').set(quotaBytes ?? 0);
}

function raftMetrics(registry: MetricsRegistry, { host }: Backend): void {
  const hasLeader = registry.gauge('etcd_server_has_leader', 'Whether or not a leader exists. 1 is existence, 0 is not.');
  const isLeader = registry.gauge('etcd_server_is_leader', 'Whether or not this member is a leader. 1 if is, 0 otherwise.');
  const isLearner = registry.gauge('etcd_server_is_learner', 'Whether or not this member is a learner. 1 if is, 0 otherwise.');
  const leaderChanges = registry.counter('etcd_server_leader_changes_seen_total', 'The number of leader changes seen.');
  const committed = registry.gauge('etcd_server_proposals_committed_total', 'The total number of consensus proposals committed.');
  const applied = registry.gauge('etcd_server_proposals_applied_total', 'The total number of consensus proposals applied.');
  const pending = registry.gauge('etcd_server_proposals_pending', 'The current number of pending proposals to commit.');
  const failed = registry.counter('etcd_server_proposals_failed_total', 'The total number of failed proposals seen.');
  const members = registry.gauges('etcd_network_active_peers', 'The current number of active peer connections.', ['Local', 'Remote'], 100);
  registry.onCollect(() => {
    const { leader, role, committed: index } = host.status();
    hasLeader.set(leader === 0n ? 0 : 1);
    isLeader.set(role === 'leader' ? 1 : 0);
    isLearner.set(host.isLearner ? 1 : 0);
    leaderChanges.raiseTo(host.counts.leaderChanges);
    committed.set(index);
    applied.set(host.state.applied.index);
    pending.set(host.counts.proposalsPending);
    failed.raiseTo(host.counts.proposalsFailed);
    for (const { id } of host.state.members.list()) {
      if (id !== host.id) members.labels(host.id.toString(16), id.toString(16)).set(host.transport?.connectedSince(id) === undefined ? 0 : 1);
    }
  });
}

function spaceMetrics(registry: MetricsRegistry, { host }: Backend): void {
  const total = registry.gauge('etcd_mvcc_db_total_size_in_bytes', 'Total size of the underlying database physically allocated in bytes.');
  const inUse = registry.gauge('etcd_mvcc_db_total_size_in_use_in_bytes', 'Total size of the underlying database logically in use in bytes.');
  registry.onCollect(async () => {
    inUse.set(host.state.mvcc.bytes);
    total.set(await host.state.size());
  });
}

function keyMetrics(registry: MetricsRegistry, { host }: Backend, hub: WatchHub): void {
  const puts = registry.counter('etcd_mvcc_put_total', 'Total number of puts seen by this member.');
  const deletes = registry.counter('etcd_mvcc_delete_total', 'Total number of deletes seen by this member.');
  const txns = registry.counter('etcd_mvcc_txn_total', 'Total number of txns seen by this member.');
  const keys = registry.gauge('etcd_debugging_mvcc_keys_total', 'Total number of keys.');
  const revision = registry.gauge('etcd_debugging_mvcc_current_revision', 'The current revision of store.');
  const compacted = registry.gauge('etcd_debugging_mvcc_compact_revision', 'The revision of the last compaction in store.');
  const putBytes = registry.gauge('etcd_debugging_mvcc_total_put_size_in_bytes', 'The total size of put kv pairs seen by this member.');
  const events = registry.counter('etcd_debugging_mvcc_events_total', 'Total number of events sent by this member.');
  const watchers = registry.gauge('etcd_debugging_mvcc_watcher_total', 'Total number of watchers.');
  const slow = registry.gauge('etcd_debugging_mvcc_slow_watcher_total', 'Total number of unsynced slow watchers.');
  const streams = registry.gauge('etcd_debugging_mvcc_watch_stream_total', 'Total number of watch streams.');
  host.onApplied({
    applied: (changes) => {
      for (const { type, kv } of changes) {
        if (type === 'delete') deletes.inc();
        else {
          puts.inc();
          putBytes.add(kv.key.length + kv.value.length);
        }
      }
    },
  });
  registry.onCollect(() => {
    const { mvcc } = host.state;
    txns.raiseTo(host.counts.applied.get('txn') ?? 0);
    keys.set(mvcc.index.size);
    revision.set(mvcc.revision);
    compacted.set(Math.max(0, mvcc.compactRevision));
    const { counts } = hub;
    events.raiseTo(counts.events);
    watchers.set(counts.watchers);
    slow.set(counts.slow);
    streams.set(counts.streams);
  });
}

function leaseMetrics(registry: MetricsRegistry, { host }: Backend): void {
  const granted = registry.counter('etcd_debugging_lease_granted_total', 'The total number of granted leases.');
  const revoked = registry.counter('etcd_debugging_lease_revoked_total', 'The total number of revoked leases.');
  registry.onCollect(() => {
    granted.raiseTo(host.counts.applied.get('leaseGrant') ?? 0);
    revoked.raiseTo(host.counts.applied.get('leaseRevoke') ?? 0);
  });
}
