import { hasReason } from '@rhythm/api';
import { aborted, causeChain, type Clock, type Log } from '@rhythm/base';
import type { ObjectKey, Reconcile } from './ports.ts';
import { WorkQueue } from './work-queue.ts';

/** A reconcile throws it to say that trying again will not help; it is logged and the key is left until it changes. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

export interface ControllerOptions {
  /** For the log. */
  readonly name: string;
  readonly reconcile: Reconcile;
  readonly clock: Clock;
  readonly log: Log;
  /** Default: one of its own, on `clock`. */
  readonly queue?: WorkQueue;
  /** Keys reconciled at a time; default 1. */
  readonly workers?: number;
  /** Resolve before the first reconcile: the caches it reads. */
  readonly synced?: ReadonlyArray<{ synced(): Promise<void> }>;
}

export interface RunningController {
  readonly queue: WorkQueue;
  /** Shorthand for `queue.add`. */
  enqueue(key: ObjectKey): void;
  /** Aborts what is being reconciled and waits for it to end. */
  stop(): Promise<void>;
}

/** Runs a reconcile over a queue of keys: done, later, or retried with back-off when it throws. */
export function runController(options: ControllerOptions): RunningController {
  const { name, reconcile, clock, workers = 1, synced = [] } = options;
  const log = options.log.with({ controller: name });
  const queue = options.queue ?? new WorkQueue({ clock });
  const abort = new AbortController();

  async function one(key: ObjectKey): Promise<void> {
    try {
      const result = await reconcile(key, abort.signal);
      queue.forget(key);
      if (result.kind === 'later') queue.addAfter(key, result.afterMs);
    } catch (error) {
      if (abort.signal.aborted) return;
      if (error instanceof TerminalError) {
        queue.forget(key);
        log.error('reconcile gave up', { key, error: causeChain(error) });
        return;
      }
      const retryMs = queue.retry(key);
      // A conflict only says that the cache was behind; the retry sees the newer object.
      const level = hasReason(error, 'Conflict') ? 'debug' : 'warn';
      log[level]('reconcile failed', { key, retryMs, error: causeChain(error) });
    } finally {
      queue.done(key);
    }
  }

  async function work(): Promise<void> {
    await Promise.race([Promise.all(synced.map((source) => source.synced())), aborted(abort.signal)]);
    for (let key = await queue.next(); key !== undefined; key = await queue.next()) await one(key);
  }

  const running = Array.from({ length: workers }, work);
  return {
    queue,
    enqueue: (key) => queue.add(key),
    async stop() {
      abort.abort(new Error(`the controller ${name} stops`));
      queue.shutDown();
      await Promise.all(running);
    },
  };
}
