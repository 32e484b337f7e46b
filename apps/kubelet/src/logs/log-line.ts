/** One line of a CRI log: `2026-11-22T13:00:00.000000000Z stdout F text`. */
export interface LogLine {
  readonly time: string;
  readonly stream: 'stdout' | 'stderr';
  /** The line goes on in the next one of the same stream. */
  readonly partial: boolean;
  readonly text: string;
}

/** Parses one line without its newline; undefined when it is not one. */
export function parseLogLine(line: string): LogLine | undefined {
  const afterTime = line.indexOf(' ');
  const afterStream = line.indexOf(' ', afterTime + 1);
  if (afterTime <= 0 || afterStream < 0) return undefined;
  const stream = line.slice(afterTime + 1, afterStream);
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  const afterTag = line.indexOf(' ', afterStream + 1);
  const tag = afterTag < 0 ? line.slice(afterStream + 1) : line.slice(afterStream + 1, afterTag);
  return { time: line.slice(0, afterTime), stream, partial: tag.split(':')[0] === 'P', text: afterTag < 0 ? '' : line.slice(afterTag + 1) };
}
