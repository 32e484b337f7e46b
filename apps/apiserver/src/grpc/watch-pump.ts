import { ApiError } from '@rhythm/api';
import type { Clock } from '@rhythm/base';
import { untilAborted, type Outbox } from '@rhythm/grpc';
import type { ServerFrame } from '@rhythm/proto/api';
import type { ResourceWatch } from '../ports/types.ts';
import type { Credit } from './credit.ts';
import { eventFrames } from './events.ts';

export interface WatchPumpOptions {
  readonly id: bigint;
  readonly watch: ResourceWatch;
  readonly credit: Credit;
  readonly outbox: Outbox<ServerFrame>;
  readonly clock: Pick<Clock, 'setTimer'>;
  readonly creditWaitMs: number;
  readonly signal: AbortSignal;
}

/**
 * Moves the events of one watch into the outbox of its session, as far as its credit goes. Takes nothing from the
 * watch cache while it may not send, so that what waits for a slow client is bounded by the cache's own queue.
 * Throws `ApiError` Expired when there is no credit for too long.
 */
export async function pumpWatch(options: WatchPumpOptions): Promise<void> {
  const { id, watch, credit, outbox, signal } = options;
  // An empty frame: the watch stands.
  outbox.push(id, { id, frame: { $case: 'events', value: { events: [], warnings: [...(watch.warnings ?? [])] } }, more: false }, 0);
  for await (const batch of untilAborted(watch, signal)) {
    if (credit.left <= 0) await creditOrExpired(options);
    for (const { frame, bytes } of eventFrames(id, batch)) {
      await outbox.pushWhenReady(id, frame, bytes, signal);
      credit.spend(bytes);
    }
  }
}

async function creditOrExpired(options: WatchPumpOptions): Promise<void> {
  const { credit, clock, creditWaitMs, signal } = options;
  let late = false;
  const wake = (): void => credit.wake();
  const timer = clock.setTimer(creditWaitMs, () => {
    late = true;
    wake();
  });
  signal.addEventListener('abort', wake, { once: true });
  try {
    while (credit.left <= 0 && !signal.aborted) {
      if (late) throw new ApiError('Expired', 'too old resource version: the client does not take its events, list again');
      await credit.more();
    }
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', wake);
  }
}
