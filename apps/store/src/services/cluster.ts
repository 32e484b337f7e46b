import { unaryHandler, type GrpcService } from '@rhythm/grpc';
import {
  ClusterService,
  type Member,
  type MemberAddRequest,
  type MemberAddResponse,
  type MemberListRequest,
  type MemberListResponse,
  type MemberPromoteRequest,
  type MemberPromoteResponse,
  type MemberRemoveRequest,
  type MemberRemoveResponse,
  type MemberUpdateRequest,
  type MemberUpdateResponse,
} from '@rhythm/proto/etcd';
import type { MemberRecord } from '../members/records.ts';
import { header, type Backend } from './header.ts';

/** The members of the cluster, and how they change. */
export function clusterService(backend: Backend): GrpcService {
  const { host, group } = backend;
  const now = () => header(backend, host.state.mvcc.revision);
  const memberOf = ({ id, name, peerUrls, clientUrls }: MemberRecord): Member => ({
    ID: id,
    name,
    peerURLs: [...peerUrls],
    clientURLs: [...clientUrls],
    isLearner: host.state.members.isLearner(id),
  });
  const members = (): Member[] => host.state.members.list().map(memberOf);

  return {
    definition: ClusterService,
    implementation: {
      memberList: unaryHandler<MemberListRequest, MemberListResponse>(async (request) => {
        if (request.linearizable) await host.linearizable();
        return { header: now(), members: members() };
      }),
      memberAdd: unaryHandler<MemberAddRequest, MemberAddResponse>(async ({ peerURLs, isLearner }) => {
        const added = await group.add(peerURLs, isLearner);
        return { header: now(), member: { ...memberOf(added), isLearner }, members: members() };
      }),
      memberRemove: unaryHandler<MemberRemoveRequest, MemberRemoveResponse>(async ({ ID }) => {
        await group.remove(ID);
        return { header: now(), members: members() };
      }),
      memberUpdate: unaryHandler<MemberUpdateRequest, MemberUpdateResponse>(async ({ ID, peerURLs }) => {
        await group.update(ID, peerURLs);
        return { header: now(), members: members() };
      }),
      memberPromote: unaryHandler<MemberPromoteRequest, MemberPromoteResponse>(async ({ ID }) => {
        await group.promote(ID);
        return { header: now(), members: members() };
      }),
    },
  };
}
