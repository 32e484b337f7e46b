import { toGrpcError, status, type GrpcError } from '@rhythm/grpc';
import type { Clock } from '@rhythm/base';
import { nobody, ProposalDroppedError } from '@rhythm/raft';
import type { Host } from '../host/host.ts';
import { requestTimeoutMs } from '../host/timing.ts';
import type { PeerReply, PeerRequest } from '../host/transport.ts';
import { etcdError } from '../services/errors.ts';

/** Between two attempts while there is no leader. */
const retryMs = 100;

/** Has something done by the leader: here if it is this member, otherwise by asking it. Waits for a leader, up to etcd's time limit. */
export async function atLeader(host: Host, clock: Clock, request: PeerRequest, answer: (request: PeerRequest) => Promise<PeerReply>): Promise<PeerReply> {
  const until = clock.monotonic() + requestTimeoutMs;
  for (;;) {
    try {
      if (host.isLeader) return await answer(request);
      const { leader, transport } = host;
      if (leader !== nobody && leader !== host.id && transport !== undefined) return await transport.ask(leader, request);
    } catch (error) {
      if (!mayTryAgain(error, request)) throw error;
    }
    if (clock.monotonic() >= until) throw etcdError(host.leader === nobody ? 'NoLeader' : 'Timeout');
    await clock.sleep(retryMs);
  }
}

/** What the other member did not begin with can be asked of the next leader. */
function mayTryAgain(error: unknown, request: PeerRequest): boolean {
  if (error instanceof ProposalDroppedError) return error.reason === 'no-leader' || error.reason === 'not-leader' || error.reason === 'transferring';
  const { code, details }: GrpcError = toGrpcError(error);
  if (details === etcdError('NotLeader').details) return true;
  // A change of membership may have been made although its answer was lost.
  return code === status.UNAVAILABLE && request.kind !== 'change';
}
