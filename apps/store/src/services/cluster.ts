import { unaryHandler, type GrpcService } from '@rhythm/grpc';
import { ClusterService, type MemberListRequest, type MemberListResponse } from '@rhythm/proto/etcd';
import { notImplemented } from './errors.ts';
import { header, type Backend } from './header.ts';

export function clusterService(backend: Backend): GrpcService {
  const refused = (what: string) => unaryHandler<unknown, never>(() => Promise.reject(notImplemented(what)));
  return {
    definition: ClusterService,
    implementation: {
      memberList: unaryHandler<MemberListRequest, MemberListResponse>(async (request) => {
        if (request.linearizable) await backend.host.linearizable();
        const { memberId, name } = backend.identity;
        const member = { ID: memberId, name, peerURLs: [], clientURLs: [...backend.clientUrls()], isLearner: false };
        return { header: header(backend, backend.host.state.mvcc.revision), members: [member] };
      }),
      memberAdd: refused('adding a member'),
      memberRemove: refused('removing a member'),
      memberUpdate: refused('updating a member'),
      memberPromote: refused('promoting a member'),
    },
  };
}
