import { overloads, type Overload, type Row } from '../check/overload.ts';
import { EvaluationError } from '../run/error.ts';
import type { Duration, Timestamp } from '../run/value.ts';
import { toDate } from '@rhythm/base';
import { floorDivide } from './conversions.ts';

const nanosPerMilli = 1_000_000n;

/** Fields of a time in some zone. */
interface Calendar {
  readonly year: number;
  /** From 0. */
  readonly month: number;
  readonly day: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

const fields: ReadonlyArray<readonly [name: string, (calendar: Calendar) => number]> = [
  ['getFullYear', ({ year }) => year],
  ['getMonth', ({ month }) => month],
  ['getDate', ({ day }) => day],
  ['getDayOfMonth', ({ day }) => day - 1],
  ['getDayOfWeek', ({ weekday }) => weekday],
  ['getDayOfYear', dayOfYear],
  ['getHours', ({ hours }) => hours],
  ['getMinutes', ({ minutes }) => minutes],
  ['getSeconds', ({ seconds }) => seconds],
];

/** The parts of timestamps, in UTC or a zone by name or offset, and of durations. */
export const times: readonly Overload[] = overloads([
  ...fields.flatMap(([name, field]): Row[] => [
    [`(timestamp).${name}(): int`, (at: Timestamp) => BigInt(field(calendarAt(at, 0)))],
    [`(timestamp).${name}(string): int`, (at: Timestamp, zone: string) => BigInt(field(calendarIn(at, zone)))],
  ]),
  ['(timestamp).getMilliseconds(): int', milliseconds],
  ['(timestamp).getMilliseconds(string): int', milliseconds],
  ['(duration).getHours(): int', (duration: Duration) => duration.nanos / 3_600_000_000_000n],
  ['(duration).getMinutes(): int', (duration: Duration) => duration.nanos / 60_000_000_000n],
  ['(duration).getSeconds(): int', (duration: Duration) => duration.nanos / 1_000_000_000n],
  ['(duration).getMilliseconds(): int', (duration: Duration) => (duration.nanos / nanosPerMilli) % 1000n],
]);

function milliseconds(at: Timestamp): bigint {
  return floorDivide(at.nanos, nanosPerMilli) - floorDivide(at.nanos, 1000n * nanosPerMilli) * 1000n;
}

function calendarAt(at: Timestamp, offsetMinutes: number): Calendar {
  const date = toDate(Number(floorDivide(at.nanos, nanosPerMilli)) + offsetMinutes * 60_000);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate(), weekday: date.getUTCDay(), hours: date.getUTCHours(), minutes: date.getUTCMinutes(), seconds: date.getUTCSeconds() };
}

function calendarIn(at: Timestamp, zone: string): Calendar {
  const offset = /^([+-]?)(\d\d):(\d\d)$/.exec(zone);
  if (offset !== null) return calendarAt(at, (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])));
  return calendarAt(at, zoneOffsetMinutes(at, zone));
}

/** What a named zone (tz database) adds to UTC at this time. */
function zoneOffsetMinutes(at: Timestamp, zone: string): number {
  let text: string | undefined;
  try {
    const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(Number(floorDivide(at.nanos, nanosPerMilli)));
    text = parts.find(({ type }) => type === 'timeZoneName')?.value;
  } catch (error) {
    throw new EvaluationError(`unknown time zone ${zone.slice(0, 64)}`, { cause: error });
  }
  const [, sign = '+', hours = '0', minutes = '0'] = /^GMT(?:([+-])(\d\d):(\d\d))?/.exec(text ?? '') ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function dayOfYear({ year, month, day }: Calendar): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month] ?? 0;
  return before + (isLeap && month > 1 ? 1 : 0) + day - 1;
}
