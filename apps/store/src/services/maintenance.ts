import { serverStreamHandler, unaryHandler, type GrpcService } from '@rhythm/grpc';
import {
  MaintenanceService,
  type AlarmRequest,
  type AlarmResponse,
  type DefragmentRequest,
  type DefragmentResponse,
  type HashKVRequest,
  type HashKVResponse,
  type HashRequest,
  type HashResponse,
  type SnapshotRequest,
  type SnapshotResponse,
  type StatusRequest,
  type StatusResponse,
} from '@rhythm/proto/etcd';
import { notImplemented } from './errors.ts';
import { hashKv } from './hash.ts';
import { header, type Backend } from './header.ts';
import { snapshotStreams } from './snapshot.ts';

/** The etcd version whose API this is; clients decide by it what they may ask for. */
export const etcdVersion = '3.6.0';

export function maintenanceService(backend: Backend): GrpcService {
  const { host } = backend;
  const now = () => header(backend, host.state.mvcc.revision);
  const snapshots = snapshotStreams(backend);
  const refused = (what: string) => unaryHandler<unknown, never>(() => Promise.reject(notImplemented(what)));

  async function status(): Promise<StatusResponse> {
    const { leader, term, committed } = host.status();
    const dbSize = BigInt(await host.state.size());
    return {
      header: now(),
      version: etcdVersion,
      dbSize,
      leader,
      raftIndex: BigInt(committed),
      raftTerm: BigInt(term),
      raftAppliedIndex: BigInt(host.state.applied.index),
      errors: [],
      dbSizeInUse: dbSize,
      isLearner: false,
      storageVersion: '3.6.0',
      dbSizeQuota: 0n,
      downgradeInfo: undefined,
    };
  }

  /** No alarm exists yet: the list is empty, none can be raised by hand, and taking one away changes nothing. */
  async function alarm(request: AlarmRequest): Promise<AlarmResponse> {
    if (request.action === 1) throw notImplemented('raising an alarm');
    return { header: now(), alarms: [] };
  }

  return {
    definition: MaintenanceService,
    implementation: {
      alarm: unaryHandler<AlarmRequest, AlarmResponse>(alarm),
      status: unaryHandler<StatusRequest, StatusResponse>(status),
      // LevelDB gives space back by itself.
      defragment: unaryHandler<DefragmentRequest, DefragmentResponse>(async () => ({ header: now() })),
      hash: unaryHandler<HashRequest, HashResponse>(async () => ({ header: now(), hash: (await hashKv(host.state, 0n)).hash })),
      hashKv: unaryHandler<HashKVRequest, HashKVResponse>(async (request) => {
        const { hash, revision, compactRevision } = await hashKv(host.state, request.revision);
        return { header: now(), hash, compactRevision: BigInt(compactRevision), hashRevision: BigInt(revision) };
      }),
      snapshot: serverStreamHandler<SnapshotRequest, SnapshotResponse>(() => snapshots()),
      moveLeader: refused('moving the leader'),
      downgrade: refused('a downgrade'),
    },
  };
}
