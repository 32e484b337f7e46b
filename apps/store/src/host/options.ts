import type { Clock, Log, Random } from '@rhythm/base';
import type { Files, Spaces } from '@rhythm/disk';
import type { StoredEvent } from '@rhythm/mvcc';
import type { NodeId } from '@rhythm/raft';
import type { TokenKeeper } from '../auth/machine.ts';
import type { MemberRecord } from '../members/records.ts';
import type { Transport } from './transport.ts';

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
  /** Calls back once the event loop has taken in what has arrived; what comes until then shares a write. */
  readonly nextTurn?: (callback: () => void) => void;
}

/** Told about every batch of changes right after it was applied. */
export type Listener = (events: readonly StoredEvent[], revision: number) => void;
