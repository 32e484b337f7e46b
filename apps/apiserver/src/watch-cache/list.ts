import { ApiError } from '@rhythm/api';
import { StoreError, type Store } from '@rhythm/store-client';
import { limits } from '../limits.ts';
import { translated } from '../stored/store-errors.ts';
import { prefixEnd } from '../stored/keys.ts';
import { decodeContinue, encodeContinue } from './continue-token.ts';
import { entriesOf, entryOf, type Entry } from './entry.ts';
import { wanted, wantsAll, type Filter } from './filter.ts';
import type { RevisionProbe } from './revision-probe.ts';
import type { Page } from './sorted-entries.ts';
import type { WatchCache } from './watch-cache.ts';

export interface ListOptions {
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
  readonly limit?: number;
  readonly continue?: string;
}

export interface ListResult {
  readonly entries: readonly Entry[];
  readonly revision: number;
  readonly continue?: string;
  readonly remaining?: number;
}

interface Source {
  readonly cache: WatchCache;
  readonly store: Store;
  readonly probe: RevisionProbe;
}

const expiredText =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
  'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

/**
 * A list with the API's semantics of resourceVersion, resourceVersionMatch, limit and continue: from the cache
 * wherever the cache can be right, else from the store.
 * @throws ApiError Expired with a token to go on, Timeout for a version from the future, BadRequest.
 */
export async function readList(source: Source, filter: Filter, options: ListOptions, signal?: AbortSignal): Promise<ListResult> {
  const limit = Math.max(0, options.limit ?? 0);
  if (options.continue !== undefined && options.continue !== '') {
    checkContinued(options);
    return continued(source, filter, options.continue, limit, signal);
  }
  const version = parseRevision(options.resourceVersion);
  // Upstream's rule: a limit with a version means exactly that version unless said otherwise.
  const exact = options.resourceVersionMatch === 'Exact' || ((options.resourceVersionMatch ?? '') === '' && limit > 0 && version !== undefined && version > 0);
  if (version !== undefined && exact) return atExactly(source, filter, version, filter.prefix, limit, signal);
  if (version === undefined) return latest(source, filter, filter.prefix, limit, signal);
  if (version > 0) await notOlderThan(source.cache, version, signal);
  else await source.cache.ready(signal);
  return fromCache(source.cache, filter, source.cache.revision, filter.prefix, limit);
}

/** Waits until the cache shows a state that includes `revision`. @throws ApiError Timeout. */
export async function notOlderThan(cache: WatchCache, revision: number, signal?: AbortSignal): Promise<void> {
  if (await cache.waitFor(revision, signal)) return;
  throw tooLarge(revision, cache.revision);
}

function tooLarge(revision: number, current: number, cause?: unknown): ApiError {
  return new ApiError('Timeout', `Timeout: Too large resource version: ${revision}, current: ${current}`, {
    details: { retryAfterSeconds: 1, causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }] },
    cause,
  });
}

/** Waits until the cache is as new as the store was at the call; false when it must be read through. */
export async function isCurrent(source: Source, signal?: AbortSignal): Promise<boolean> {
  if (source.store.progressMode() === 'none') return false;
  const revision = await translated(source.probe.current());
  return source.cache.waitFor(revision, signal);
}

/** A resourceVersion; `undefined` for none. @throws ApiError BadRequest. */
export function parseRevision(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new ApiError('BadRequest', `Invalid value: ${JSON.stringify(text.slice(0, 64))}: resourceVersion: must be a number`);
  return Number(text);
}

/** A page knows its version already. @throws ApiError BadRequest. */
function checkContinued({ resourceVersion = '', resourceVersionMatch = '' }: ListOptions): void {
  if ((resourceVersion !== '' && resourceVersion !== '0') || resourceVersionMatch !== '') throw new ApiError('BadRequest', 'specifying resource version is not allowed when using continue');
}

async function latest(source: Source, filter: Filter, start: string, limit: number, signal?: AbortSignal): Promise<ListResult> {
  if (await isCurrent(source, signal)) return fromCache(source.cache, filter, source.cache.revision, start, limit);
  return readThrough(source, filter, undefined, start, limit, signal);
}

async function atExactly(source: Source, filter: Filter, revision: number, start: string, limit: number, signal?: AbortSignal): Promise<ListResult> {
  if (source.cache.holds(revision)) return fromCache(source.cache, filter, revision, start, limit);
  return readThrough(source, filter, revision, start, limit, signal);
}

async function continued(source: Source, filter: Filter, text: string, limit: number, signal?: AbortSignal): Promise<ListResult> {
  const token = decodeContinue(filter.prefix, text);
  if (token.revision === -1) return latest(source, filter, token.start, limit, signal);
  try {
    return await atExactly(source, filter, token.revision, token.start, limit, signal);
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'Expired') throw error;
    throw new ApiError('Expired', expiredText, { continue: encodeContinue(filter.prefix, { revision: -1, start: token.start }), cause: error });
  }
}

function fromCache(cache: WatchCache, filter: Filter, revision: number, start: string, limit: number): ListResult {
  return resultOf(cache.page(filter, limit, start), filter, revision);
}

/** Reads the store in pages, all at one revision. */
async function readThrough(source: Source, filter: Filter, revision: number | undefined, start: string, limit: number, signal?: AbortSignal): Promise<ListResult> {
  const { kind } = source.cache;
  const end = prefixEnd(filter.prefix);
  const entries: Entry[] = [];
  let at = revision;
  for (let key = start; ; ) {
    const page = await translated(rangeAt(source, key, end, at, signal));
    at ??= page.revision;
    const converted = kind.convert === undefined ? undefined : await entriesOf(kind, page.values);
    for (const [index, stored] of page.values.entries()) {
      const entry = converted?.[index] ?? entryOf(kind, stored);
      if (!wanted(filter, entry)) continue;
      if (limit > 0 && entries.length === limit) {
        return resultOf({ entries, next: entry.key, ...(wantsAll(filter) ? { remaining: page.count - index } : {}) }, filter, at);
      }
      entries.push(entry);
    }
    const last = page.values[page.values.length - 1];
    if (!page.more || last === undefined) return resultOf({ entries }, filter, at);
    key = `${last.key}\0`;
  }
}

async function rangeAt({ store, cache }: Source, key: string, end: string, revision: number | undefined, signal?: AbortSignal): ReturnType<Store['range']> {
  try {
    return await store.range(key, { end, limit: limits.rangePageKeys, ...(revision === undefined ? {} : { revision }), ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'FutureRevision') throw tooLarge(revision ?? 0, cache.revision, error);
    throw error;
  }
}

function resultOf(page: Page, filter: Filter, revision: number): ListResult {
  return {
    entries: page.entries,
    revision,
    ...(page.next === undefined ? {} : { continue: encodeContinue(filter.prefix, { revision, start: page.next }) }),
    ...(page.remaining === undefined ? {} : { remaining: page.remaining }),
  };
}
