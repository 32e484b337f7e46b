export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Values that go with a message. Never a credential: tokens, keys and Secret data stay out. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where log lines go: a constant message plus keys. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log that adds `fields` to each line. */
  with(fields: LogFields): Log;
}

/** Builds a `Log` on one function that takes a whole line. */
export function logTo(write: (level: LogLevel, message: string, fields: LogFields) => void, base: LogFields = {}): Log {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void =>
      write(level, message, { ...base, ...fields });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => logTo(write, { ...base, ...fields }),
  };
}

/** A log that keeps nothing, for tests. */
export const silentLog: Log = logTo(() => undefined);
