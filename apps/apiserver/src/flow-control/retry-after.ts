import type { PriorityLevel } from './priority-level.ts';

/** Seconds. */
const longest = 32;

/**
 * Counts a refusal, and says for longer "come again in …" while many are refused: it doubles when the last time has brought more than
 * three refusals a second, and shrinks by a second when it has brought fewer than one.
 */
export function noteRefusal(level: PriorityLevel, now: number): void {
  const passed = (now - level.retryAfterSetAt) / 1000;
  if (passed >= level.retryAfter) {
    const perSecond = level.refusedSince / Math.max(1, passed);
    if (perSecond > 3) level.retryAfter = Math.min(longest, level.retryAfter * 2);
    else if (perSecond < 1) level.retryAfter = Math.max(1, level.retryAfter - 1);
    level.refusedSince = 0;
    level.retryAfterSetAt = now;
  }
  level.refusedSince++;
}
