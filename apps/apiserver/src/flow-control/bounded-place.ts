import type { Clock } from '@rhythm/base';
import type { Place } from './gate.ts';

/** A place that is given back after `ms` at the latest: who reads slowly, or asks for what does not come, keeps nobody else out. */
export function boundedPlace(place: Place, clock: Pick<Clock, 'setTimer'>, ms: number): Place {
  const timer = clock.setTimer(ms, () => place.leave());
  return {
    leave: () => {
      timer.cancel();
      place.leave();
    },
  };
}
