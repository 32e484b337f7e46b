import { parseTime, toDate } from '@rhythm/base';

const nanosPerMilli = 1_000_000n;
const nanosPerSecond = 1_000_000_000n;
/** Longest text taken: more is no time. */
const lengthMax = 64;
const units: Readonly<Record<string, bigint>> = { ns: 1n, us: 1000n, µs: 1000n, μs: 1000n, ms: nanosPerMilli, s: nanosPerSecond, m: 60n * nanosPerSecond, h: 3600n * nanosPerSecond };

/** Nanoseconds since 1970 of an RFC 3339 time; undefined when it is none. */
export function parseTimestamp(text: string): bigint | undefined {
  if (text.length > lengthMax) return undefined;
  const found = /^(.{19})(?:\.(\d+))?(.*)$/.exec(text);
  const millis = found === null ? undefined : parseTime(`${found[1]}${found[3]}`);
  if (found === null || millis === undefined) return undefined;
  return BigInt(millis) * nanosPerMilli + BigInt((found[2] ?? '').slice(0, 9).padEnd(9, '0'));
}

/** RFC 3339 in UTC with the fraction it needs. */
export function formatTimestamp(nanos: bigint): string {
  const seconds = nanos >= 0n ? nanos / nanosPerSecond : -((-nanos + nanosPerSecond - 1n) / nanosPerSecond);
  const fraction = (nanos - seconds * nanosPerSecond).toString().padStart(9, '0').replace(/0+$/, '');
  return `${toDate(Number(seconds) * 1000).toISOString().slice(0, 19)}${fraction === '' ? '' : `.${fraction}`}Z`;
}

/** Nanoseconds of a duration as Go writes it, `1h30m` or `-1.5s`; undefined when it is none. */
export function parseDuration(text: string): bigint | undefined {
  if (text.length > lengthMax) return undefined;
  const sign = text.startsWith('-') ? -1n : 1n;
  const rest = text.replace(/^[+-]/, '');
  if (rest === '0') return 0n;
  const part = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;
  let total = 0n;
  while (part.lastIndex < rest.length) {
    const found = part.exec(rest);
    const [, whole = '', fraction = '', unit = ''] = found ?? [];
    if (found === null || (whole === '' && fraction === '')) return undefined;
    const scale = units[unit] ?? 0n;
    total += BigInt(whole === '' ? '0' : whole) * scale + (BigInt(fraction === '' ? '0' : fraction) * scale) / 10n ** BigInt(fraction.length);
  }
  return rest === '' ? undefined : sign * total;
}

/** Seconds with the fraction they need, as protobuf's JSON writes durations. */
export function formatDuration(nanos: bigint): string {
  const size = nanos < 0n ? -nanos : nanos;
  const fraction = (size % nanosPerSecond).toString().padStart(9, '0').replace(/0+$/, '');
  return `${nanos < 0n ? '-' : ''}${size / nanosPerSecond}${fraction === '' ? '' : `.${fraction}`}s`;
}
