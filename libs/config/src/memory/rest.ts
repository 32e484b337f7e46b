import type { Clock } from '@rhythm/base';

/** What a process can know of its memory, and do about it. */
export interface ProcessMemory {
  /** That it takes of the machine's. */
  bytes(): number;
  /** CPU of all its threads since its start. */
  cpuMs(): number;
  /** Collects all garbage, at once, and makes the heap small. */
  collect(): void;
  /** Gives free memory outside of the heap back to the system. */
  trim(): void;
}

const lookEveryMs = 500;
/** Below this share of a core it rests, and after so many looks it goes on resting. Twenty writes a second are work: they take twice as much. */
const restingShare = 0.03;
const looksBefore = 2;
/** Collecting stops everything, and some of what was compiled is compiled again: of all time it may take one part in so many. When there is much to give back, more often. */
const pausesApart = 200;
const pausesApartMin = 25;
/** Growth since the last time that is worth the work. */
const growthBytes = 16 * 1024 * 1024;

/**
 * Gives memory back once a process rests after load. V8 keeps a heap as large as it once was until there is garbage anew, and malloc what it got:
 * a server that was busy for a second would stay large for days. Works for as long as `signal` is not aborted.
 */
export async function giveBackAtRest(clock: Pick<Clock, 'monotonic' | 'sleep'>, memory: ProcessMemory, signal: AbortSignal): Promise<void> {
  let lean = 0;
  let resting = 0;
  let collectedAt = Number.NEGATIVE_INFINITY;
  let pauseMs = 0;
  let [at, cpu] = [clock.monotonic(), memory.cpuMs()];
  const pause = async (): Promise<boolean> => clock.sleep(lookEveryMs, signal).then(() => true, () => false);
  while (await pause()) {
    const [now, used] = [clock.monotonic(), memory.cpuMs()];
    resting = used - cpu < (now - at) * restingShare ? resting + 1 : 0;
    [at, cpu] = [now, used];
    const bytes = memory.bytes();
    lean = Math.min(lean, bytes);
    const growth = (bytes - lean) / growthBytes;
    if (resting < looksBefore || growth < 1 || now < collectedAt + pauseMs * Math.max(pausesApartMin, pausesApart / growth)) continue;
    memory.collect();
    collectedAt = clock.monotonic();
    pauseMs = collectedAt - now;
    // Buffers are freed by another thread; and whoever waited meanwhile comes first.
    if (!(await pause())) return;
    memory.trim();
    lean = memory.bytes();
    resting = 0;
    [at, cpu] = [clock.monotonic(), memory.cpuMs()];
  }
}
