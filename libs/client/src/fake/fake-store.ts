import {
  ApiError,
  parseFieldSelector,
  parseLabelSelector,
  type FieldMatcher,
  type KubeObject,
  type LabelMatcher,
  type ResourceRef,
} from '@rhythm/api';
import { AsyncQueue } from '@rhythm/base';
import type { WatchEvent, WatchOptions } from '../api-client.ts';
import { fieldValue } from './strategy.ts';

interface Change {
  readonly version: number;
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
}

interface Watcher {
  readonly namespace: string;
  readonly matches: (object: KubeObject) => boolean;
  readonly queue: AsyncQueue<WatchEvent<KubeObject>>;
}

interface Table {
  readonly objects: Map<string, KubeObject>;
  history: Change[];
  /** Watches from before this version are too old. */
  compacted: number;
  readonly watchers: Set<Watcher>;
}

const watchQueueMax = 100_000;

/** Objects by resource, one version counter for all, and the watches on them. */
export class FakeStore {
  readonly #tables = new Map<string, Table>();
  version = 1000;

  table(resource: Pick<ResourceRef, 'group' | 'resource'>): Table {
    const key = `${resource.group}/${resource.resource}`;
    const found = this.#tables.get(key);
    if (found !== undefined) return found;
    const table: Table = { objects: new Map(), history: [], compacted: 0, watchers: new Set() };
    this.#tables.set(key, table);
    return table;
  }

  /** Stores `object` (`undefined`: removes it), gives it the next version and tells the watches. */
  write(resource: ResourceRef, key: string, object: KubeObject | undefined): KubeObject | undefined {
    const table = this.table(resource);
    const old = table.objects.get(key);
    const version = ++this.version;
    const shown = object ?? (old === undefined ? undefined : structuredClone(old));
    if (shown !== undefined) shown.metadata.resourceVersion = String(version);
    if (object === undefined) table.objects.delete(key);
    else table.objects.set(key, object);
    const change: Change = { version, object, old: object === undefined ? shown : old };
    table.history.push(change);
    for (const watcher of table.watchers) {
      const event = eventFor(watcher, change);
      if (event !== undefined) watcher.queue.push(event);
    }
    return shown;
  }

  list(resource: ResourceRef, namespace: string, options: Pick<WatchOptions, 'labelSelector' | 'fieldSelector'>): readonly KubeObject[] {
    const matches = matcherOf(options);
    const inNamespace = (o: KubeObject): boolean => namespace === '' || o.metadata.namespace === namespace;
    return [...this.table(resource).objects.entries()]
      .filter(([, object]) => inNamespace(object) && matches(object))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => structuredClone(object));
  }

  /** Events after the version asked for; without one the objects there are, as ADDED. Throws `ApiError` Expired. */
  watch(resource: ResourceRef, namespace: string, options: WatchOptions): AsyncIterable<WatchEvent<KubeObject>> {
    const table = this.table(resource);
    const queue = new AsyncQueue<WatchEvent<KubeObject>>(watchQueueMax);
    const watcher: Watcher = { namespace, matches: matcherOf(options), queue };
    const from = options.resourceVersion ?? '';
    if (from === '' || from === '0') {
      for (const object of this.list(resource, namespace, options)) queue.push({ type: 'ADDED', object });
    } else {
      if (Number(from) < table.compacted) throw tooOld(from, table.compacted);
      for (const change of table.history) {
        const event = change.version > Number(from) ? eventFor(watcher, change) : undefined;
        if (event !== undefined) queue.push(event);
      }
    }
    table.watchers.add(watcher);
    return watching(table, watcher, options.signal);
  }

  /** Ends every watch, with `error` when given. */
  endWatches(error?: Error): void {
    for (const table of this.#tables.values()) for (const watcher of table.watchers) watcher.queue.end(error);
  }

  /** Forgets the history of all: watches from before now are Expired. */
  compact(): void {
    for (const table of this.#tables.values()) {
      table.history = [];
      table.compacted = this.version;
    }
  }

  bookmark(): void {
    for (const table of this.#tables.values()) {
      for (const watcher of table.watchers) watcher.queue.push({ type: 'BOOKMARK', resourceVersion: String(this.version) });
    }
  }

  get watchCount(): number {
    return [...this.#tables.values()].reduce((sum, table) => sum + table.watchers.size, 0);
  }
}

function tooOld(from: string, compacted: number): ApiError {
  return new ApiError('Expired', `too old resource version: ${from} (${compacted})`);
}

async function* watching(table: Table, watcher: Watcher, signal: AbortSignal | undefined): AsyncGenerator<WatchEvent<KubeObject>, void, void> {
  const stop = (): void => watcher.queue.end();
  if (signal?.aborted === true) stop();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    yield* watcher.queue;
  } finally {
    signal?.removeEventListener('abort', stop);
    table.watchers.delete(watcher);
  }
}

/** What a change is to one watch: an object that enters its selection is added, one that leaves is deleted. */
function eventFor(watcher: Watcher, change: Change): WatchEvent<KubeObject> | undefined {
  const object = change.object ?? change.old;
  if (object === undefined || (watcher.namespace !== '' && object.metadata.namespace !== watcher.namespace)) return undefined;
  const before = change.old !== undefined && watcher.matches(change.old);
  const after = change.object !== undefined && watcher.matches(change.object);
  const copy = structuredClone(object);
  if (after) return { type: before ? 'MODIFIED' : 'ADDED', object: copy };
  return before ? { type: 'DELETED', object: copy } : undefined;
}

function matcherOf(options: Pick<WatchOptions, 'labelSelector' | 'fieldSelector'>): (object: KubeObject) => boolean {
  const labels: LabelMatcher | undefined = options.labelSelector === undefined ? undefined : parseLabelSelector(options.labelSelector);
  const fields: FieldMatcher | undefined = options.fieldSelector === undefined ? undefined : parseFieldSelector(options.fieldSelector);
  return (object) => {
    if (labels !== undefined && !labels.matches(object.metadata.labels)) return false;
    if (fields === undefined) return true;
    return fields.requirements.every((r) => (fieldValue(object, r.field) === r.value) === (r.operator === '='));
  };
}
