/** A store with 100,000 keys of 1 KB: memory, and how long it takes to answer again. */
import { median, memoryOf } from '../lib/measure.ts';
import { fill } from './rows.ts';
import { dataFolder, startServer, type Kind } from './servers.ts';

const keys = 100_000;
const bytes = 1000;

export interface Large {
  /** MB of a server without keys, with all of them, and with all of them after a restart. */
  readonly empty: number;
  readonly filled: number;
  readonly restarted: number;
  /** The most it ever had while filling. */
  readonly most: number;
  /** Milliseconds from the start of the process to the first linearizable answer: after SIGTERM, after SIGKILL. */
  readonly afterTerm: number;
  readonly afterKill: number;
}

export async function large(kind: Kind, restarts: number): Promise<Large> {
  const { folder, remove } = dataFolder();
  try {
    let server = await startServer(kind, folder);
    const rss = (): number => memoryOf(server.pids[0] ?? -1);
    const empty = rss();
    await fill(server, keys, bytes);
    const filled = rss();
    const most = memoryOf(server.pids[0] ?? -1, 'VmHWM');
    const times: Record<'SIGTERM' | 'SIGKILL', number[]> = { SIGTERM: [], SIGKILL: [] };
    const restarted: number[] = [];
    for (let round = 0; round < restarts; round++) {
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        await server.end(signal);
        server = await startServer(kind, folder);
        times[signal].push(server.startMs);
        restarted.push(rss());
      }
    }
    await server.end();
    return { empty, filled, most, restarted: median(restarted), afterTerm: median(times.SIGTERM), afterKill: median(times.SIGKILL) };
  } finally {
    remove();
  }
}
