import { StoreError, type Store } from '@rhythm/store-client';

const pauseMs = 5;
const retryMs = 20;

/** Writes keys through the etcd API, each once, and keeps a log of its own of what was acknowledged at which revision. */
export interface StoreWriter {
  readonly acknowledged: ReadonlyMap<string, number>;
  /** Resolves with the first acknowledgement of a write that is sent after now. */
  nextAcknowledged(): Promise<void>;
  stop(): Promise<void>;
  /** Compares the store with the log: what is missing or changed, and what is there without having been asked for. */
  check(): Promise<{ readonly lost: readonly string[]; readonly invented: readonly string[] }>;
}

export function storeWriter(store: Store, prefix: string): StoreWriter {
  const acknowledged = new Map<string, number>();
  /** The connection broke before the answer: it may be there or not. */
  const unknown = new Set<string>();
  let waiting: { readonly from: number; done(): void }[] = [];
  let stopped = false;
  const write = async (n: number): Promise<void> => {
    const key = `${prefix}${n}`;
    try {
      const { revision, succeeded } = await store.txn([{ key, modRevision: 0 }], [{ kind: 'put', key, value: Buffer.from(key) }]);
      if (!succeeded) throw new Error(`${key} was there before it was written`);
      acknowledged.set(key, revision);
      for (const wait of waiting.filter(({ from }) => n >= from)) wait.done();
      waiting = waiting.filter(({ from }) => n < from);
      await pause(pauseMs);
    } catch (error) {
      if (!(error instanceof StoreError) || (error.kind !== 'Unknown' && error.kind !== 'Unavailable')) throw error;
      if (error.kind === 'Unknown') unknown.add(key);
      await pause(retryMs);
    }
  };
  let next = 0;
  const running = (async () => {
    while (!stopped) await write(next++);
  })();
  running.catch(() => undefined);
  return {
    acknowledged,
    nextAcknowledged: () => Promise.race([new Promise<void>((done) => waiting.push({ from: next, done })), running]),
    async stop() {
      stopped = true;
      await running;
    },
    async check() {
      const { values } = await store.range(prefix, { end: `${prefix}~` });
      const present = new Map(values.map(({ key, modRevision }) => [key, modRevision]));
      return {
        lost: [...acknowledged].filter(([key, revision]) => present.get(key) !== revision).map(([key]) => key),
        invented: [...present.keys()].filter((key) => !acknowledged.has(key) && !unknown.has(key)),
      };
    },
  };
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
