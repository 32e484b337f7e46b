import { notOlderThan, parseRevision, readList } from '../watch-cache/list.ts';
import { objectKey } from '../stored/keys.ts';
import { translated } from '../stored/store-errors.ts';
import type { Entry } from '../watch-cache/entry.ts';
import { checkListOptions } from './list-options.ts';
import type { Call, PipelinePorts } from './ports.ts';
import { entryResponse, includeOf, renderingOf } from './respond.ts';
import { filterOf } from './selection.ts';
import type { ResourceResponse } from '../ports/types.ts';

/** One object: as it is now, or with a resourceVersion one that is not older. */
export async function get(ports: PipelinePorts, call: Call): Promise<ResourceResponse> {
  const { namespace, name, options, signal } = call.request;
  const rendering = renderingOf(call);
  const version = parseRevision(options.resourceVersion);
  if (version === undefined) return entryResponse(ports, call, await current(ports, call), rendering);
  const cache = ports.caches.of(call.kind);
  if (version === 0) await cache.ready(signal);
  else await notOlderThan(cache, version, signal);
  const cached = cache.get(objectKey(cache.kind, namespace, name));
  return entryResponse(ports, call, cached ?? (await ports.objects.get(call.kind, namespace, name, signal)), rendering);
}

/**
 * The object as it is now: from the cache, where that is as new as the store was at the call; those who ask at the same time share one
 * question to the store. What the cache does not have may be there in a form that it could not read, which the store's answer tells.
 */
async function current(ports: PipelinePorts, { kind, request }: Call): Promise<Entry> {
  const { namespace, name, signal } = request;
  const cache = ports.caches.of(kind);
  if (cache.isLoaded && ports.store.progressMode() !== 'none') {
    const revision = await translated(ports.caches.probe.current());
    const entry = cache.revision >= revision ? cache.get(objectKey(cache.kind, namespace, name)) : undefined;
    if (entry !== undefined) return entry;
  }
  return ports.objects.get(kind, namespace, name, signal);
}

export async function list(ports: PipelinePorts, call: Call): Promise<ResourceResponse> {
  const { request, kind } = call;
  const rendering = renderingOf(call);
  const cache = ports.caches.of(kind);
  checkListOptions(request.options);
  const filter = filterOf(kind, cache, request.namespace, request.options);
  const result = await readList({ cache, store: ports.store, probe: ports.caches.probe }, filter, request.options, request.signal);
  return { code: 200, contentType: rendering.contentType, body: ports.renderer.list(kind, result, rendering, includeOf(call)), warnings: [...call.warnings] };
}
