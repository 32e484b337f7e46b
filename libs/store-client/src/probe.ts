import { hasCode, status, unary, type Client } from '@rhythm/grpc';
import { MaintenanceService } from '@rhythm/proto/etcd';
import type { Clock } from '@rhythm/base';
import { rangeRequest } from './requests.ts';
import { Session } from './session.ts';
import type { ProgressMode } from './store.ts';

const probeDeadlineMs = 5000;

/** What the endpoint is: our own store offers the batched stream and pushes progress, etcd is judged by its version. */
export interface Peer {
  readonly version: string;
  readonly progressMode: ProgressMode;
  readonly session: Session | undefined;
}

/** Asks the endpoint what it can do. Rejects with `GrpcError` when it cannot be reached. */
export async function probe(client: Client, clock: Pick<Clock, 'setTimer'>): Promise<Peer> {
  const { version } = await unary(client, MaintenanceService.status, {}, { deadlineMs: probeDeadlineMs, clock });
  const session = new Session(client);
  try {
    await session.range({ ...rangeRequest('\0', { countOnly: true }), serializable: true });
    return { version, progressMode: 'pushed', session };
  } catch (error) {
    session.close();
    if (!hasCode(error, status.UNIMPLEMENTED) && !hasCode(await session.closed, status.UNIMPLEMENTED)) throw error;
    return { version, progressMode: progressOf(version), session: undefined };
  }
}

/**
 * How an etcd of this version tells progress. Before 3.4.31 and 3.5.13 an answer to a progress request could overtake events
 * (etcd issue 15220), so it must not be trusted.
 */
export function progressOf(version: string): ProgressMode {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  if (major !== 3) return major > 3 ? 'requested' : 'none';
  if (minor >= 6) return 'requested';
  return (minor === 5 && patch >= 13) || (minor === 4 && patch >= 31) ? 'requested' : 'none';
}
