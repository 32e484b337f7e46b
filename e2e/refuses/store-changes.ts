import type { StoreProcess } from '../store/store-process.ts';

/** What the store holds, but for what the server writes by itself to say that it is there. */
export interface StoreState {
  readonly keys: number;
  /** Puts and deletes so far, those of keys that are gone again included. */
  readonly changes: number;
}

export interface StoreChanges {
  /** Counts everything that was written before the call. */
  state(): Promise<StoreState>;
  stop(): void;
}

interface Line {
  /** `type` 1 is a delete; of a put it is absent. Keys are base64. */
  readonly Events?: ReadonlyArray<{ readonly type?: number; readonly kv: { readonly key: string } }>;
}

const mark = '/test/mark';
const markMsMax = 120_000;

/**
 * Follows the whole log of a store, so that a key which is made and removed again counts too.
 * @param isOwn keys that do not count: those that the server renews by itself.
 */
export function followStore(store: StoreProcess, isOwn: (key: string) => boolean): StoreChanges {
  const watch = store.etcdctlProcess(['watch', '', '--prefix', '--rev=1', '--write-out=json']);
  const keys = new Set<string>();
  let changes = 0;
  let marks = 0;
  let text = '';
  let seen = (): void => undefined;

  const take = (line: string): void => {
    for (const { type, kv } of (JSON.parse(line) as Line).Events ?? []) {
      const key = Buffer.from(kv.key, 'base64').toString();
      if (key === mark) marks++;
      else if (!isOwn(key)) {
        changes++;
        if (type === 1) keys.delete(key);
        else keys.add(key);
      }
    }
  };
  watch.stdout?.on('data', (chunk: Buffer) => {
    const lines = (text + chunk.toString()).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('{')) take(line);
    seen();
  });

  let written = 0;
  const untilSeen = (wanted: number): Promise<void> =>
    new Promise((done, reject) => {
      const timer = setTimeout(() => reject(new Error(`the watch of the store has not told of a write within ${markMsMax} ms`)), markMsMax);
      seen = () => {
        if (marks < wanted) return;
        clearTimeout(timer);
        done();
      };
      seen();
    });

  return {
    async state() {
      const wanted = ++written;
      // Whatever was written before stands before it in the log.
      await store.etcdctl(['put', mark, String(wanted)]);
      await untilSeen(wanted);
      return { keys: keys.size, changes };
    },
    stop: () => void watch.kill('SIGKILL'),
  };
}
