/**
 * How the server's seats are divided among the priority levels (KEP-1040, "Dispatching" and "Borrowing"): each level has a nominal
 * share, lends what it does not use as far as it allows, and borrows as far as it may.
 */

/** What a level may have at the least and at the most, of all seats of the server. */
export interface SeatRange {
  readonly nominal: number;
  readonly least: number;
  readonly most: number;
}

export interface Shares {
  readonly shares: number;
  readonly lendablePercent: number;
  /** Absent: as many as there are. */
  readonly borrowingLimitPercent?: number;
}

/** The range of a level that has `shares` of all `sharesTotal`. */
export function seatRange(level: Shares, sharesTotal: number, seatsTotal: number): SeatRange {
  const nominal = sharesTotal === 0 ? 0 : Math.ceil((seatsTotal * level.shares) / sharesTotal);
  const lent = Math.round((nominal * level.lendablePercent) / 100);
  const borrowed = level.borrowingLimitPercent === undefined ? seatsTotal : Math.round((nominal * level.borrowingLimitPercent) / 100);
  return { nominal, least: nominal - lent, most: Math.min(seatsTotal, nominal + borrowed) };
}

export interface Claim {
  /** It keeps at least so many … */
  readonly least: number;
  /** … gets at most so many … */
  readonly most: number;
  /** … and would like so many. */
  readonly target: number;
}

/** Each gets the same fraction of its target, within its bounds, so that all seats are given. The fraction comes with it. */
export function divide(claims: readonly Claim[], total: number): { readonly seats: readonly number[]; readonly fraction: number } {
  const at = (fraction: number): number[] => claims.map(({ least, most, target }) => Math.max(least, Math.min(most, fraction * target)));
  const sum = (seats: readonly number[]): number => seats.reduce((all, one) => all + one, 0);
  if (sum(at(0)) >= total) return { seats: at(0), fraction: 0 };
  const positive = claims.filter(({ target }) => target > 0);
  // With this every target reaches its upper bound.
  let high = Math.max(0, ...positive.map(({ most, target }) => most / target));
  if (sum(at(high)) <= total) return { seats: at(high), fraction: high };
  let low = 0;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (sum(at(middle)) < total) low = middle;
    else high = middle;
  }
  return { seats: at(high), fraction: high };
}

/** How slowly a demand that has gone is forgotten, per adjustment. */
const smoothing = 0.977;

/** Follows a rising demand at once and a falling one slowly. */
export function smoothed(before: number, envelope: number): number {
  return Math.max(envelope, smoothing * before + (1 - smoothing) * envelope);
}
