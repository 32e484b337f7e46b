import { causeChain, formatMicroTime, logTo, type Clock, type Log, type LogLevel } from '@rhythm/base';

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** A log of one JSON object per line: time, level, msg, then the fields. Errors become their cause chain. */
export function jsonLog(clock: Pick<Clock, 'now'>, write: (line: string) => void, level: LogLevel = 'info'): Log {
  return logTo((at, message, fields) => {
    if (ranks[at] < ranks[level]) return;
    write(`${JSON.stringify({ time: formatMicroTime(clock.now()), level: at, msg: message, ...fields }, plain)}\n`);
  });
}

function plain(_key: string, value: unknown): unknown {
  if (value instanceof Error) return causeChain(value);
  return typeof value === 'bigint' ? value.toString() : value;
}
