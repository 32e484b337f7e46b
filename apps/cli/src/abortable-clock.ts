import type { Clock } from '@rhythm/base';

/** The same clock, whose every sleep ends with the signal: what waits in a loop gives up with it. */
export function abortableClock(clock: Clock, signal: AbortSignal): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    setTimer: (delayMs, callback) => clock.setTimer(delayMs, callback),
    sleep: (delayMs, other) => clock.sleep(delayMs, other === undefined ? signal : AbortSignal.any([signal, other])),
  };
}
