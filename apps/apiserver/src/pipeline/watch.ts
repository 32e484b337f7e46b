import { hasReason, toApiError, type ApiError } from '@rhythm/api';
import { toError, withTimeout } from '@rhythm/base';
import { limits } from '../limits.ts';
import { translated } from '../stored/store-errors.ts';
import { negotiate, type Rendering } from '../render/negotiate.ts';
import { toProtobuf } from '../render/protobuf.ts';
import type { Filter } from '../watch-cache/filter.ts';
import { notOlderThan, parseRevision, readList } from '../watch-cache/list.ts';
import type { WatchCache } from '../watch-cache/watch-cache.ts';
import { Watcher, type CacheEvent } from '../watch-cache/watcher.ts';
import { checkWatchOptions } from './list-options.ts';
import type { Call, PipelinePorts } from './ports.ts';
import { includeOf } from './respond.ts';
import { filterOf } from './selection.ts';
import type { RenderedEvent, RequestOptions, ResourceRequest, ResourceWatch } from '../ports/types.ts';

export interface WatchHooks {
  /** What was there at the start has been taken: from now on only changes come. */
  readonly onStart: () => void;
  /** Nothing of it is left: it was read to its end, or whoever asked has gone, even before the first event. */
  readonly onEnd: () => void;
}

const noHooks: WatchHooks = { onStart: () => undefined, onEnd: () => undefined };

/**
 * Opens a watch. What ends it early comes as an ERROR event; its timeout ends it in peace.
 */
export async function watch(ports: PipelinePorts, call: Call, hooks: WatchHooks = noHooks): Promise<ResourceWatch> {
  const { kind, request } = call;
  const rendering = negotiateWatch(request.accept);
  checkWatchOptions(request.options);
  const cache = ports.caches.of(kind);
  const filter = filterOf(kind, cache, request.namespace, withName(request));
  await cache.ready(request.signal);
  const watcher = await open(ports, call, cache, filter).catch((error: unknown) => {
    if (hasReason(error, 'Expired')) return error as ApiError;
    throw error;
  });
  if (!(watcher instanceof Watcher)) {
    hooks.onEnd();
    return tooOld(rendering, watcher, [...call.warnings]);
  }
  const seconds = request.options.timeoutSeconds ?? 0;
  const timeoutMs = seconds > 0 ? Math.min(seconds * 1000, 24 * 3_600_000) : (ports.timeouts?.watchMinMs ?? limits.watchTimeoutMinMs) * (1 + ports.random.next());
  const timeout = withTimeout(ports.clock, timeoutMs, () => new Error('the watch has had its time'), request.signal);
  const end = (): void => {
    timeout.cancel();
    watcher.end();
    hooks.onEnd();
  };
  const onTimeout = (): void => (request.signal.aborted ? end() : watcher.end());
  if (timeout.signal.aborted) onTimeout();
  timeout.signal.addEventListener('abort', onTimeout, { once: true });
  request.signal.addEventListener('abort', end, { once: true });
  if (watcher.isStarted) hooks.onStart();
  return {
    contentType: rendering.contentType,
    warnings: [...call.warnings],
    [Symbol.asyncIterator]: () => rendered(ports, call, rendering, watcher, { onStart: hooks.onStart, onEnd: end }),
    pump: (room, take) => pumped(ports, call, rendering, watcher, { onStart: hooks.onStart, onEnd: end }, { room, take }),
  };
}

/** How a stream of events is written: there is none in YAML. @throws ApiError NotAcceptable. */
function negotiateWatch(accept: string): Rendering {
  return negotiate(accept, ({ encoding }) => encoding !== 'yaml');
}

/** A watch on one name (`/api/v1/watch/…/pods/NAME`) was allowed for that name only. */
function withName({ options, name }: ResourceRequest): RequestOptions {
  if (name === '') return options;
  const named = `metadata.name=${name.replace(/[\\,=]/g, '\\$&')}`;
  return { ...options, fieldSelector: (options.fieldSelector ?? '') === '' ? named : `${options.fieldSelector ?? ''},${named}` };
}

async function open(ports: PipelinePorts, call: Call, cache: WatchCache, filter: Filter): Promise<Watcher> {
  const { options, signal } = call.request;
  const bookmarks = options.allowWatchBookmarks === true;
  const version = parseRevision(options.resourceVersion);
  const wantsState = options.sendInitialEvents ?? (version === undefined || version === 0);
  if (!wantsState) {
    if (version !== undefined && version > 0) {
      await cache.reachBack(version, signal);
      return cache.watch(filter, version, { bookmarks });
    }
    return cache.watch(filter, version === 0 ? cache.revision : await translated(ports.caches.probe.current()), { bookmarks });
  }
  if (version !== undefined && version > 0) await notOlderThan(cache, version, signal);
  const source = { cache, store: ports.store, probe: ports.caches.probe };
  const state = await readList(source, filter, version === undefined ? {} : { resourceVersion: '0' }, signal);
  const initial: CacheEvent[] = options.sendInitialEvents === true && bookmarks ? [{ type: 'BOOKMARK', revision: state.revision, initialEventsEnd: true }] : [];
  return cache.watch(filter, state.revision, { bookmarks, state: state.entries, initial });
}

async function* rendered(ports: PipelinePorts, call: Call, rendering: Rendering, watcher: Watcher, { onStart, onEnd: end }: WatchHooks): AsyncGenerator<readonly RenderedEvent[]> {
  try {
    const render = batchRenderer(ports, call, rendering);
    let isStarted = watcher.isStarted;
    for await (const batch of watcher) {
      yield render(batch);
      if (!isStarted && watcher.isStarted) {
        isStarted = true;
        onStart();
      }
    }
  } catch (thrown) {
    yield [failure(ports, thrown, rendering)];
  } finally {
    call.request.signal.removeEventListener('abort', end);
    end();
  }
}

interface Taker {
  readonly room: () => Promise<void> | undefined;
  readonly take: (batch: readonly RenderedEvent[]) => void;
}

/** The same, handed on without a promise for each batch: `take` is called in the turn in which the change has come. */
function pumped(ports: PipelinePorts, call: Call, rendering: Rendering, watcher: Watcher, hooks: WatchHooks, { room, take }: Taker): Promise<void> {
  const render = batchRenderer(ports, call, rendering);
  let isStarted = watcher.isStarted;
  return new Promise((done, fail) => {
    const finish = (error?: unknown): void => {
      call.request.signal.removeEventListener('abort', hooks.onEnd);
      hooks.onEnd();
      if (error === undefined) done();
      else fail(error as Error);
    };
    const run = (): void => {
      try {
        while (watcher.hasNext) {
          const wait = room();
          if (wait !== undefined) {
            wait.then(run, finish);
            return;
          }
          const batch = nextOf(ports, watcher, rendering, render);
          take(batch.events);
          if (batch.isLast) return finish();
          if (!isStarted && watcher.isStarted) {
            isStarted = true;
            hooks.onStart();
          }
        }
        if (watcher.ended) finish();
        else watcher.whenReady(run);
      } catch (error) {
        finish(error);
      }
    };
    run();
  });
}

/** The next batch of a watch, or the error that ended it. */
function nextOf(ports: PipelinePorts, watcher: Watcher, rendering: Rendering, render: (events: readonly CacheEvent[]) => readonly RenderedEvent[]): { readonly events: readonly RenderedEvent[]; readonly isLast: boolean } {
  try {
    return { events: render(watcher.next() ?? []), isLast: false };
  } catch (thrown) {
    return { events: [failure(ports, thrown, rendering)], isLast: true };
  }
}

/** What a client is told of what ended its watch. */
function failure(ports: PipelinePorts, thrown: unknown, rendering: Rendering): RenderedEvent {
  const error = toApiError(thrown);
  if (error.code >= 500) ports.log.error('watch failed', { error: toError(thrown) });
  return errorEvent(error, rendering);
}

/** Renders batch after batch of one watch; those that are the same for several are rendered once. */
function batchRenderer(ports: PipelinePorts, call: Call, rendering: Rendering): (events: readonly CacheEvent[]) => readonly RenderedEvent[] {
  const { kind } = call;
  const include = includeOf(call);
  const form = `${rendering.encoding} ${rendering.as} ${rendering.metaVersion} ${include} ${kind.group}/${kind.version}/${kind.plural}`;
  // The first event of a Table tells its columns.
  let first = rendering.as === 'table';
  const later = (event: CacheEvent): RenderedEvent => show(ports, call, rendering, event, false);
  return (events) => {
    if (!first) return ports.renderer.batches.of(form, events, later);
    first = false;
    return events.map((event, index) => show(ports, call, rendering, event, index === 0));
  };
}

/**
 * A watch that cannot go on where it was: it stands, tells so, and ends. Clients such as client-go look for the reason among the
 * events, and list again; a refused request they take for a fault.
 */
function tooOld(rendering: Rendering, error: ApiError, warnings: readonly string[]): ResourceWatch {
  return {
    contentType: rendering.contentType,
    warnings,
    async *[Symbol.asyncIterator]() {
      yield await Promise.resolve([errorEvent(error, rendering)]);
    },
  };
}

/** In the encoding of the other events: a client that reads protobuf reads its errors so, too. */
function errorEvent(error: ApiError, { encoding }: Rendering): RenderedEvent {
  const status = error.toStatus();
  return { type: 'ERROR', object: encoding === 'protobuf' ? toProtobuf(status) : Buffer.from(JSON.stringify(status)) };
}

function show(ports: PipelinePorts, call: Call, rendering: Rendering, event: CacheEvent, first: boolean): RenderedEvent {
  if (event.type === 'BOOKMARK') return { type: 'BOOKMARK', object: ports.renderer.bookmark(call.kind, event.revision, event.initialEventsEnd, rendering) };
  return { type: event.type, object: ports.renderer.entry(call.kind, event.entry, rendering, includeOf(call), first) };
}
