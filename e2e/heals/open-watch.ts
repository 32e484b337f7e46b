import { hasReason, resources } from '@rhythm/api';
import type { ConfigMap } from '@rhythm/api/types/core-v1';
import type { ApiClient } from '@rhythm/client';
import type { Store } from '@rhythm/store-client';

const writeEveryMs = 50;
const retryMs = 50;

/** Somebody changes ConfigMaps through the API all the time, and somebody watches them. */
export interface OpenWatch {
  /** Each event as `TYPE name@revision`, in the order in which it came. */
  readonly seen: readonly string[];
  /** How often the watch broke and was opened again where it had been. */
  readonly resumed: number;
  /** How often the server had lost our place, so that events may have been missed. */
  readonly tooOld: number;
  /** Resolves with the first event of a change that is made after now. */
  nextEvent(): Promise<void>;
  stop(): Promise<void>;
  /** The same events as the store has them in its history. */
  history(store: Store): Promise<readonly string[]>;
}

export async function openWatch(client: ApiClient, namespace: string): Promise<OpenWatch> {
  const { resourceVersion: from } = await client.list(resources.configMaps, namespace);
  const seen: string[] = [];
  const counts = { resumed: 0, tooOld: 0 };
  const abort = new AbortController();
  let waiting: { readonly from: number; done(): void }[] = [];
  let next = 0;
  let version = from;

  const watching = (async () => {
    while (!abort.signal.aborted) {
      try {
        for await (const event of client.watch(resources.configMaps, namespace, { resourceVersion: version, signal: abort.signal })) {
          version = event.type === 'BOOKMARK' ? event.resourceVersion : (event.object.metadata.resourceVersion ?? '');
          if (event.type === 'BOOKMARK') continue;
          seen.push(`${event.type} ${event.object.metadata.name}@${version}`);
          const written = Number(event.object.data?.['n'] ?? -1);
          for (const wait of waiting.filter((one) => written >= one.from)) wait.done();
          waiting = waiting.filter((one) => written < one.from);
        }
      } catch (error) {
        if (abort.signal.aborted) return;
        if (hasReason(error, 'Expired')) {
          counts.tooOld++;
          version = (await client.list(resources.configMaps, namespace).catch(() => ({ resourceVersion: version }))).resourceVersion;
        }
      }
      if (abort.signal.aborted) return;
      counts.resumed++;
      await pause(retryMs);
    }
  })();

  /** Ten objects in turn: made, changed, removed. */
  const change = async (n: number): Promise<void> => {
    const name = `watched-${n % 10}`;
    const object: ConfigMap = { metadata: { name, namespace }, data: { n: String(n) } };
    if (n % 30 < 10) await client.create(resources.configMaps, namespace, object);
    else if (n % 30 < 20) await client.update(resources.configMaps, object);
    else await client.delete(resources.configMaps, namespace, name);
  };
  const writing = (async () => {
    while (!abort.signal.aborted) {
      await change(next++).catch(() => undefined);
      await pause(writeEveryMs);
    }
  })();

  return {
    seen,
    get resumed() {
      return counts.resumed;
    },
    get tooOld() {
      return counts.tooOld;
    },
    nextEvent: () => new Promise<void>((done) => waiting.push({ from: next, done })),
    async stop() {
      abort.abort(new Error('the test is over'));
      await Promise.all([watching, writing]);
    },
    history: async (store) => {
      const events = await storeHistory(store, `/registry/configmaps/${namespace}/`, Number(from) + 1);
      return events.filter((event) => Number(event.split('@')[1]) <= Number(version));
    },
  };
}

/** What the store remembers below a prefix, from a revision to now. */
async function storeHistory(store: Store, prefix: string, from: number): Promise<readonly string[]> {
  const { revision } = await store.range(prefix, { countOnly: true });
  const events: string[] = [];
  for await (const batch of store.watch(prefix, from)) {
    for (const { type, key, createRevision, modRevision } of batch.events) {
      if (modRevision > revision) continue;
      const what = type === 'delete' ? 'DELETED' : createRevision === modRevision ? 'ADDED' : 'MODIFIED';
      events.push(`${what} ${key.slice(prefix.length)}@${modRevision}`);
    }
    if (batch.revision >= revision) break;
  }
  return events;
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
