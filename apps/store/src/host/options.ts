import type { Clock, Log, Random } from '@rhythm/base';
import type { Files, KeyValueSpace } from '@rhythm/disk';
import type { StoredEvent } from '@rhythm/mvcc';
import type { NodeId } from '@rhythm/raft';

export interface HostOptions {
  readonly id: NodeId;
  /** The first members of a new group; one that exists knows its own. */
  readonly voters: readonly NodeId[];
  readonly files: Files;
  readonly space: KeyValueSpace;
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
