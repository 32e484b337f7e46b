import { FlagError, type Flags } from '@rhythm/config';
import { parseDuration } from '@rhythm/api';
import type { FlowConfig } from '../flow-control/index.ts';
import type { ShutdownConfig } from '../lifecycle/index.ts';
import type { RequestTimeouts } from '../pipeline/ports.ts';

/** How much at a time, and how long. */
export const limitFlags = {
  'enable-priority-and-fairness': { type: 'boolean', help: 'FlowSchemas and PriorityLevelConfigurations say whose turn it is; false: only the two limits that follow', default: true },
  'max-requests-inflight': { type: 'number', help: 'with the next one, the seats of the server; by itself the most reading requests at a time', default: 400 },
  'max-mutating-requests-inflight': { type: 'number', help: 'the same for writing ones', default: 200 },
  'request-timeout': { type: 'string', help: 'how long requests may take that are not watches or streams', default: '1m0s' },
  'min-request-timeout': { type: 'number', help: 'seconds; watches end at random between this and twice this', default: 1800 },
  'shutdown-delay-duration': { type: 'string', help: 'how long a server that was asked to stop goes on, only not ready any more', default: '0s' },
  'shutdown-drain-duration': { type: 'string', help: 'how long requests under way may then take to finish', default: '3s' },
  'goaway-chance': { type: 'number', help: 'share of HTTP/2 requests after which the client is sent away, to come back to another server; at most 0.02', default: 0 },
} as const;

type Values = Flags<typeof limitFlags>;

interface Limits {
  readonly flowControl: FlowConfig;
  readonly timeouts: RequestTimeouts;
  readonly shutdown: ShutdownConfig;
  readonly goAwayChance: number;
}

/** @throws FlagError */
export function limitsOf(flags: Values): Limits {
  return {
    flowControl: { enabled: flags['enable-priority-and-fairness'], maxRequestsInflight: count(flags, 'max-requests-inflight'), maxMutatingRequestsInflight: count(flags, 'max-mutating-requests-inflight') },
    timeouts: { requestMs: duration(flags, 'request-timeout', 1), watchMinMs: flags['min-request-timeout'] * 1000 },
    shutdown: { delayMs: duration(flags, 'shutdown-delay-duration', 0), drainMs: duration(flags, 'shutdown-drain-duration', 0) },
    goAwayChance: goAwayOf(flags['goaway-chance']),
  };
}

/** A duration as Go writes it, in milliseconds. */
function duration(flags: Values, name: 'request-timeout' | 'shutdown-delay-duration' | 'shutdown-drain-duration', leastMs: number): number {
  const nanos = parseDuration(flags[name]);
  const ms = nanos === undefined ? -1 : Number(nanos) / 1e6;
  if (ms < leastMs || ms > 24 * 3_600_000) throw new FlagError(`flag --${name}: ${flags[name]} is not a duration that can be used, such as 30s`);
  return ms;
}

function goAwayOf(chance: number): number {
  if (chance < 0 || chance > 0.02) throw new FlagError(`flag --goaway-chance: ${chance} is not between 0 and 0.02`);
  return chance;
}

/** A number that counts something. */
function count(flags: Values, name: 'max-requests-inflight' | 'max-mutating-requests-inflight'): number {
  const value = flags[name];
  if (!Number.isInteger(value) || value < 0) throw new FlagError(`flag --${name}: ${value} is not a count`);
  return value;
}
