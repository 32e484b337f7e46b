import type { Instant } from './clock.ts';

/** RFC 3339 in UTC with whole seconds, the form of Kubernetes' `Time`. */
export function formatTime(at: Instant): string {
  const second = Math.floor(at / 1000);
  // Every write says what time it is, some twice.
  if (second !== last.second) last = { second, text: `${new Date(second * 1000).toISOString().slice(0, 19)}Z` };
  return last.text;
}

let last = { second: Number.NaN, text: '' };

/** RFC 3339 in UTC with six digits, the form of Kubernetes' `MicroTime`. */
export function formatMicroTime(at: Instant): string {
  return `${new Date(Math.floor(at)).toISOString().slice(0, 23)}000Z`;
}

/** Milliseconds since the epoch of an RFC 3339 time; `undefined` when it is not one. */
export function parseTime(text: string): Instant | undefined {
  if (!/^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

/** For interfaces of others that want a `Date`. */
export function toDate(at: Instant): Date {
  return new Date(at);
}
