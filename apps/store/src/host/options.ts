import type { Clock, Log, Random } from '@rhythm/base';
import type { Files, Spaces } from '@rhythm/disk';
import type { StoredEvent } from '@rhythm/mvcc';
import type { NodeId } from '@rhythm/raft';
import type { TokenKeeper } from '../auth/machine.ts';
import type { MemberRecord } from '../members/records.ts';
import type { HostPlant } from './plants.ts';
import type { PeerReply, PeerRequest, Transport } from './transport.ts';

export interface HostOptions {
  readonly id: NodeId;
  readonly clusterId: bigint;
  /** The first members of a new group; one that exists knows its own. Empty: this member waits until its group sends it the state. */
  readonly founders: readonly MemberRecord[];
  readonly files: Files;
  readonly spaces: Spaces;
  /** How the others are reached; without it the member is alone. */
  readonly transport?: Transport;
  /** This member's memory of tokens, told of what the log says about them. */
  readonly tokens?: TokenKeeper;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly segmentBytesMax?: number;
  readonly cutEveryEntries?: number;
  /** How often what is left of leases is written down; see `LeaseKeeper`. */
  readonly leaseCheckpointMs?: number;
  /** Answers what another member asks. */
  readonly answer?: (request: PeerRequest) => Promise<PeerReply>;
  /** Bytes of live keys and values from which on nothing more is taken in; none without it. */
  readonly quotaBytes?: number;
  /** While this member's disk has too little room to take more in: resolves when the alarm is raised, or cannot be. */
  readonly diskIsLow?: () => Promise<void> | undefined;
  /** For tests of tests only: see `plants.ts`. */
  readonly plant?: HostPlant | undefined;
  /** Calls back once the event loop has taken in what has arrived; what comes until then shares a write. */
  readonly nextTurn?: (callback: () => void) => void;
}

/** Told right after something was applied. */
export interface Listener {
  /** A batch of changes, the last of them of this revision. */
  applied(events: readonly StoredEvent[], revision: number): void;
  /** A leader's state took the place of the one before, which had come to this revision: what happened since is in its history. */
  installed?(before: number): void;
}
