/** Durations that were asked for while somebody records them. */
let recorded: number[] | undefined;

/** What stands for the text of a duration while they are recorded. No text of an object can be trusted not to hold it: count. */
export function placeholder(index: number): string {
  return `{{duration ${index}}}`;
}

/** Runs `work` with placeholders instead of the texts of durations, and tells which durations they stand for: so that what depends on the time can be told from what does not. */
export function recordDurations<T>(work: () => T): { readonly result: T; readonly milliseconds: readonly number[] } {
  const milliseconds: number[] = [];
  const outer = recorded;
  recorded = milliseconds;
  try {
    return { result: work(), milliseconds };
  } finally {
    recorded = outer;
  }
}

/**
 * A duration as kubectl shows ages: two units at most, coarser the longer it is (apimachinery, util/duration HumanDuration).
 * Up to two seconds in the future count as now, beyond that the time is `<invalid>`.
 */
export function humanDuration(milliseconds: number): string {
  if (recorded !== undefined) return placeholder(recorded.push(milliseconds) - 1);
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 192) return pair(days, 'd', hours % 24, 'h');
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.trunc(days / 365);
  if (hours < 24 * 365 * 8) return pair(years, 'y', days % 365, 'd');
  return `${years}y`;
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}
