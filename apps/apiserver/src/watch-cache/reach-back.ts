import type { KindDefinition } from '@rhythm/api';
import type { Clock, Timer } from '@rhythm/base';
import type { Store, StoredValue, StoreEvent } from '@rhythm/store-client';
import { limits } from '../limits.ts';
import { Entry, entryOf } from './entry.ts';
import { Change } from './history.ts';
import { exactCopy } from './slabs.ts';

export interface ReachBackOptions {
  readonly kind: KindDefinition;
  readonly store: Store;
  readonly clock: Clock;
  readonly prefix: string;
  /** The changes after this revision ... */
  readonly after: number;
  /** ... up to this one. */
  readonly upTo: number;
  readonly signal: AbortSignal;
}

/**
 * The changes of a kind in a range of past revisions, from the store's history, with the state before each.
 * `undefined` when they are more than a cache keeps, or a state before is not known any more.
 * @throws StoreError Compacted when the store has forgotten them, and whatever `signal` aborts with.
 */
export async function readBack(options: ReachBackOptions): Promise<readonly Change[] | undefined> {
  const { store } = options;
  // A store that does not say how far it is leaves the end of a quiet history open.
  if (store.progressMode() === 'none') return undefined;
  // Nor is a webhook asked to convert the past: clients list again.
  if (options.kind.convert !== undefined) return undefined;
  const stopAsking = store.progressMode() === 'requested' ? askOnAndOn(options) : undefined;
  try {
    return await read(options);
  } finally {
    stopAsking?.();
  }
}

async function read({ kind, store, prefix, after, upTo, signal }: ReachBackOptions): Promise<readonly Change[] | undefined> {
  const changes: Change[] = [];
  let bytes = 0;
  for await (const batch of store.watch(prefix, after + 1, { previous: true, signal })) {
    for (const event of batch.events) {
      if (event.modRevision > upTo) continue;
      const change = changeOf(kind, event);
      if (change === undefined) return undefined;
      changes.push(change);
      bytes += change.bytes;
      if (changes.length > limits.historyEventsMax || bytes > limits.historyBytesMax) return undefined;
    }
    if (batch.revision >= upTo) return changes;
  }
  signal.throwIfAborted();
  return undefined;
}

/** Asks the store for its progress until told to stop. */
function askOnAndOn({ store, clock }: ReachBackOptions): () => void {
  let timer: Timer | undefined;
  const ask = (): void => {
    timer = clock.setTimer(limits.progressRequestMs, ask);
    // Not answered, it is asked again.
    store.requestProgress().catch(() => undefined);
  };
  ask();
  return () => timer?.cancel();
}

function changeOf(kind: KindDefinition, event: StoreEvent): Change | undefined {
  const isNew = event.type === 'put' && event.createRevision === event.modRevision;
  if (!isNew && event.previous === undefined) return undefined;
  const previous = event.previous === undefined ? undefined : aloneOf(kind, event.previous);
  const current = event.type === 'put' ? aloneOf(kind, event) : undefined;
  return new Change(kind, event.modRevision, current, previous, current?.length);
}

/** An entry that stands in no cache, in memory of its own. */
function aloneOf(kind: KindDefinition, stored: Pick<StoredValue, 'key' | 'value' | 'modRevision'>): Entry {
  const entry = entryOf(kind, stored);
  return new Entry(entry.key, entry.revision, exactCopy(entry.bytes), entry.labels, entry.fields);
}
