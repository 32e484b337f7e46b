import { ApiError, hasReason, resources, type KubeObject } from '@rhythm/api';
import type { Event, ObjectReference } from '@rhythm/api/types/core-v1';
import { AsyncQueue, backoffDelay, causeChain, formatTime, randomInt, type Clock, type Log, type Random } from '@rhythm/base';
import type { ApiClient } from '@rhythm/client';
import type { EventRecorder } from './ports.ts';

export interface EventRecorderOptions {
  /** Who reports: `default-scheduler`, `kubelet`, `deployment-controller` ... */
  readonly component: string;
  /** The node, of components that run on one. */
  readonly host?: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
}

export interface RunningEventRecorder extends EventRecorder {
  /** Writes what is queued for at most `graceMs` (default 1 s), then ends. */
  stop(graceMs?: number): Promise<void>;
}

interface Sighting {
  readonly about: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly atMs: number;
}

/** Events waiting to be written; more are dropped. */
const queueLengthMax = 1_000;
/** Events remembered for counting, and objects for the rate. */
const rememberedMax = 4_096;
/** Events of one object in a burst, and one more per this long (client-go's spam filter). */
const burst = 25;
const refillMs = 300_000;
/** An event not repeated for this long begins anew. */
const countingWindowMs = 600_000;
const attemptsMax = 5;
const retry = { initialMs: 250, maxMs: 5_000, factor: 2, jitter: 0.5 };
/** Longest message that the API takes. */
const messageLengthMax = 1_024;

/** Records core/v1 Events in the background. A repeated event raises the count of the first. */
export function eventRecorder(client: ApiClient, options: EventRecorderOptions): RunningEventRecorder {
  const recorder = new Recorder(client, options);
  const running = recorder.run();
  return {
    event: (about, type, reason, message, fieldPath) => recorder.record(about, type, reason, message, fieldPath),
    async stop(graceMs = 1_000) {
      recorder.end();
      await Promise.race([running, options.clock.sleep(graceMs, recorder.finished.signal).catch(() => undefined)]);
      recorder.abort.abort(new Error('the event recorder stops'));
      await running;
    },
  };
}

class Recorder {
  readonly abort = new AbortController();
  readonly finished = new AbortController();
  readonly #client: ApiClient;
  readonly #options: EventRecorderOptions;
  readonly #queue = new AsyncQueue<Sighting>(queueLengthMax);
  /** What was said about what → the Event that counts it. Oldest first. */
  readonly #counted = new Map<string, { readonly event: Event; readonly lastMs: number }>();
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();
  #dropped = 0;

  constructor(client: ApiClient, options: EventRecorderOptions) {
    this.#client = client;
    this.#options = options;
  }

  record(object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void {
    const { metadata, kind, apiVersion } = object;
    if (kind === undefined || apiVersion === undefined || metadata.name === undefined) {
      this.#options.log.error('an event about an object without kind, version or name', { reason, name: metadata.name ?? '' });
      return;
    }
    const about: ObjectReference = {
      kind,
      apiVersion,
      name: metadata.name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
      ...(metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
      ...(fieldPath === undefined ? {} : { fieldPath }),
    };
    if (!this.#allowed(about)) return;
    const shown = message.length <= messageLengthMax ? message : `${message.slice(0, messageLengthMax - 3)}...`;
    try {
      this.#queue.push({ about, type, reason, message: shown, atMs: this.#options.clock.now() });
    } catch {
      if (this.#dropped++ % queueLengthMax === 0) this.#options.log.warn('events are dropped, the queue is full', { dropped: this.#dropped });
    }
  }

  end(): void {
    this.#queue.end();
  }

  async run(): Promise<void> {
    for await (const sighting of this.#queue) {
      if (this.abort.signal.aborted) break;
      await this.#write(sighting);
    }
    this.finished.abort();
  }

  async #write(sighting: Sighting): Promise<void> {
    for (let attempt = 0; attempt < attemptsMax && !this.abort.signal.aborted; attempt++) {
      try {
        await this.#writeOnce(sighting);
        return;
      } catch (error) {
        const again = hasReason(error, 'ServiceUnavailable') || hasReason(error, 'Timeout') || hasReason(error, 'TooManyRequests') || hasReason(error, 'InternalError');
        if (!again || attempt === attemptsMax - 1) {
          // An object whose namespace is going away cannot have events any more.
          const level = error instanceof ApiError && (error.reason === 'Forbidden' || error.reason === 'NotFound') ? 'debug' : 'warn';
          this.#options.log[level]('an event could not be written', { reason: sighting.reason, error: causeChain(error) });
          return;
        }
        await this.#options.clock.sleep(backoffDelay(retry, attempt, this.#options.random), this.abort.signal).catch(() => undefined);
      }
    }
  }

  async #writeOnce(sighting: Sighting): Promise<void> {
    const id = JSON.stringify([sighting.about.uid ?? sighting.about.name, sighting.about.namespace, sighting.about.kind, sighting.about.fieldPath, sighting.type, sighting.reason, sighting.message]);
    const known = this.#counted.get(id);
    const counted = known !== undefined && sighting.atMs - known.lastMs < countingWindowMs ? await this.#countUp(known.event, sighting) : undefined;
    const event = counted ?? (await this.#create(sighting));
    this.#counted.delete(id);
    this.#counted.set(id, { event, lastMs: sighting.atMs });
    trim(this.#counted);
  }

  async #countUp(event: Event, sighting: Sighting): Promise<Event | undefined> {
    const { name = '', namespace = '' } = event.metadata;
    const patch = { count: (event.count ?? 1) + 1, lastTimestamp: formatTime(sighting.atMs) };
    try {
      return await this.#client.patch(resources.events, namespace, name, 'merge', patch, { signal: this.abort.signal });
    } catch (error) {
      // It has expired on the server.
      if (hasReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  #create(sighting: Sighting): Promise<Event> {
    const { component, host = '', random } = this.#options;
    const { about, atMs } = sighting;
    const namespace = about.namespace ?? 'default';
    const hex = (BigInt(Math.floor(atMs)) * 1_000_000n + BigInt(randomInt(random, 1_000_000))).toString(16);
    const at = formatTime(atMs);
    const event: Event = {
      kind: 'Event',
      apiVersion: 'v1',
      metadata: { name: `${(about.name ?? '').slice(0, 230)}.${hex}`, namespace },
      involvedObject: about,
      reason: sighting.reason,
      message: sighting.message,
      source: { component, ...(host === '' ? {} : { host }) },
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
      type: sighting.type,
      reportingComponent: component,
      reportingInstance: host,
    };
    return this.#client.create(resources.events, namespace, event, { signal: this.abort.signal });
  }

  /** A token bucket per object, so that one that fails in a loop does not fill the store. */
  #allowed(about: ObjectReference): boolean {
    const id = JSON.stringify([about.kind, about.namespace, about.name, about.uid]);
    const nowMs = this.#options.clock.monotonic();
    const bucket = this.#buckets.get(id) ?? { tokens: burst, atMs: nowMs };
    bucket.tokens = Math.min(burst, bucket.tokens + (nowMs - bucket.atMs) / refillMs);
    bucket.atMs = nowMs;
    this.#buckets.delete(id);
    this.#buckets.set(id, bucket);
    trim(this.#buckets);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

/** Drops the entries that were touched longest ago. */
function trim(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    if (map.size <= rememberedMax) return;
    map.delete(key);
  }
}
