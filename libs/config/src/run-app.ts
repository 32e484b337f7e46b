import { causeChain, type Clock, type Log } from '@rhythm/base';
import { FlagError } from './flags.ts';
import { nodeMemory } from './memory/node-memory.ts';
import { giveBackAtRest } from './memory/rest.ts';

/** What every app's `start` gives back. */
export interface RunningApp {
  stop(): Promise<void>;
  /** Settles when the app cannot go on; rejects with why. Absent: it never ends by itself. */
  readonly failed?: Promise<never>;
}

/**
 * The life of an app's process: start, wait for SIGTERM or SIGINT, stop; a signal during the start ends it there.
 * Exit codes: 0 stopped, 1 cannot go on, 2 bad flags; each failure ends with one line that says why.
 *
 * @param clock with it the process gives memory back whenever it rests; started with `--expose-gc`, of its heap too
 */
export async function runApp(name: string, log: Log, start: (argv: readonly string[]) => Promise<RunningApp>, clock?: Clock): Promise<void> {
  const end = (code: number, text: string): never => {
    log.error(`${name}: ${text}`);
    process.exit(code);
  };
  process.on('unhandledRejection', (reason) => end(1, causeChain(reason)));
  process.on('uncaughtException', (error) => end(1, causeChain(error)));
  const signalled = new Promise<undefined>((resolve) => {
    process.on('SIGTERM', () => resolve(undefined));
    process.on('SIGINT', () => resolve(undefined));
  });
  try {
    const app = await Promise.race([start(process.argv.slice(2)), signalled]);
    // Whoever is told to end while it waits for another, a store that is away say, need not wait on.
    if (app === undefined) return process.exit(0);
    const ended = new AbortController();
    if (clock !== undefined) void giveBackAtRest(clock, nodeMemory, ended.signal);
    await Promise.race([signalled, ...(app.failed === undefined ? [] : [app.failed])]);
    ended.abort();
    await app.stop();
    process.exit(0);
  } catch (error) {
    end(error instanceof FlagError ? 2 : 1, causeChain(error));
  }
}
