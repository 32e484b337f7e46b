import { sleepOn, type Clock } from './clock.ts';

const timerDelayMsMax = 2 ** 31 - 1;

/** The machine's clock. Built in `main.ts` and handed down. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(delayMs, callback) {
    const handle = setTimeout(callback, Math.min(Math.max(0, delayMs), timerDelayMsMax));
    return { cancel: () => clearTimeout(handle) };
  },
  sleep: (delayMs, signal) => sleepOn(systemClock, delayMs, signal),
};
