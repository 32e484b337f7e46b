/** An integer, or a percentage or port name as a string (apimachinery, util/intstr). */
export type IntOrString = number | string;

/** The percentage of `25%`; `undefined` for anything else. */
export function percentOf(value: IntOrString): number | undefined {
  return typeof value === 'string' && /^[0-9]{1,9}%$/.test(value) ? Number(value.slice(0, -1)) : undefined;
}

/**
 * The number an integer or percentage comes to out of `total`. `undefined` when it is a string that is not a percentage.
 * Upstream rounds maxSurge up and maxUnavailable down.
 */
export function scaledIntOrPercent(value: IntOrString, total: number, roundUp: boolean): number | undefined {
  if (typeof value === 'number') return value;
  const percent = percentOf(value);
  if (percent === undefined) return undefined;
  const exact = (percent * total) / 100;
  return roundUp ? Math.ceil(exact) : Math.floor(exact);
}
