import type { Clock } from '@rhythm/base';

/** Tells a person what happens, one line per step with its time. */
export interface Progress {
  /** Runs a step and prints its line when it is done. `detail` of the result is printed behind the name. */
  step<T>(name: string, work: (detail: (text: string) => void) => Promise<T>): Promise<T>;
  /** A line of its own. */
  say(line: string): void;
}

const nameWidth = 22;

export function progressTo(write: (text: string) => void, clock: Pick<Clock, 'monotonic'>): Progress {
  return {
    say: (line) => write(`${line}\n`),
    step: async (name, work) => {
      const from = clock.monotonic();
      let detail = '';
      const result = await work((text) => (detail = text));
      write(`  ${name.padEnd(nameWidth)} ${((clock.monotonic() - from) / 1000).toFixed(2).padStart(6)} s${detail === '' ? '' : `  ${detail}`}\n`);
      return result;
    },
  };
}
