import { ApiError } from '@rhythm/api';
import { flag } from './query.ts';
import { streamLimits } from './limits.ts';

/** What exec and attach ask for (PodExecOptions, PodAttachOptions). */
export interface CommandOptions {
  readonly container: string;
  /** Empty for attach. */
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** Reads the options off the query. @throws ApiError BadRequest. */
export function commandOptions(subresource: 'exec' | 'attach', query: URLSearchParams): CommandOptions {
  const tty = flag(query, 'tty');
  const options: CommandOptions = {
    container: query.get('container') ?? '',
    command: subresource === 'exec' ? query.getAll('command') : [],
    stdin: flag(query, 'stdin'),
    stdout: flag(query, 'stdout'),
    // A terminal has one output.
    stderr: flag(query, 'stderr') && !tty,
    tty,
  };
  if (!options.stdin && !options.stdout && !options.stderr) throw new ApiError('BadRequest', 'you must specify at least 1 of stdin, stdout, stderr');
  if (subresource === 'exec' && options.command.length === 0) throw new ApiError('BadRequest', 'you must specify a command');
  if (options.command.reduce((bytes, part) => bytes + part.length, 0) > streamLimits.commandBytesMax) throw new ApiError('BadRequest', `the command has more than ${streamLimits.commandBytesMax} bytes`);
  return options;
}
