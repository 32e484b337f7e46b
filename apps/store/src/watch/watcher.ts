import type { KeyRange } from '@rhythm/mvcc';
import type { WatchStream } from './stream.ts';

/** One watch of a stream. */
export interface Watcher {
  readonly id: bigint;
  readonly stream: WatchStream;
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
  readonly range: KeyRange;
  readonly previous: boolean;
  readonly progressNotify: boolean;
  readonly fragment: boolean;
  readonly noPut: boolean;
  readonly noDelete: boolean;
  /** The first revision that was not sent yet. */
  next: number;
  /** It gets events as they happen; otherwise it reads history from `next` on. */
  isSynced: boolean;
  /** It was sent something since the last round of progress notices. */
  wasActive: boolean;
}
