import { serverStreamHandler, unaryHandler, type GrpcService } from '@rhythm/grpc';
import {
  MaintenanceService,
  type AlarmRequest,
  type AlarmResponse,
  type DefragmentRequest,
  type DefragmentResponse,
  type DowngradeRequest,
  type DowngradeResponse,
  type HashKVRequest,
  type HashKVResponse,
  type HashRequest,
  type HashResponse,
  type MoveLeaderRequest,
  type MoveLeaderResponse,
  type SnapshotRequest,
  type SnapshotResponse,
  type StatusRequest,
  type StatusResponse,
} from '@rhythm/proto/etcd';
import { internalCaller } from '../auth/access.ts';
import { downgradeAnswer } from './downgrade.ts';
import { hashKv } from './hash.ts';
import { header, type Backend } from './header.ts';
import { backendHash, snapshotStreams } from './snapshot.ts';
import { statusOf } from './status.ts';

export function maintenanceService(backend: Backend): GrpcService {
  const { host } = backend;
  const now = () => header(backend, host.state.mvcc.revision);
  const snapshots = snapshotStreams(backend);

  async function alarm(request: AlarmRequest): Promise<AlarmResponse> {
    if (request.action === 0) {
      await host.linearizable();
      return { header: now(), alarms: host.state.alarms.list(request.alarm) };
    }
    // The guard of this service lets only root through.
    const reply = await host.propose({ $case: 'alarm', value: request }, internalCaller);
    return { header: header(backend, reply.revision), alarms: [...reply.alarms] };
  }

  /** Resolves when the disk has given the room of removed values back. */
  async function defragment(): Promise<DefragmentResponse> {
    await host.state.reclaim();
    return { header: now() };
  }

  return {
    definition: MaintenanceService,
    implementation: {
      alarm: unaryHandler<AlarmRequest, AlarmResponse>(alarm),
      status: unaryHandler<StatusRequest, StatusResponse>(() => statusOf(backend)),
      defragment: unaryHandler<DefragmentRequest, DefragmentResponse>(defragment),
      hash: unaryHandler<HashRequest, HashResponse>(async () => ({ header: now(), hash: await backendHash(backend) })),
      hashKv: unaryHandler<HashKVRequest, HashKVResponse>(async (request) => {
        const { hash, revision, compactRevision } = await hashKv(host.state, request.revision);
        return { header: now(), hash, compactRevision: BigInt(compactRevision), hashRevision: BigInt(revision) };
      }),
      snapshot: serverStreamHandler<SnapshotRequest, SnapshotResponse>(() => snapshots()),
      moveLeader: unaryHandler<MoveLeaderRequest, MoveLeaderResponse>(async ({ targetID }) => {
        await backend.group.moveLeader(targetID);
        return { header: now() };
      }),
      downgrade: unaryHandler<DowngradeRequest, DowngradeResponse>((request) => Promise.reject(downgradeAnswer(request))),
    },
  };
}
