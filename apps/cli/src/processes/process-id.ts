import { readFileSync } from 'node:fs';

/** One process of one boot: a pid alone may be somebody else's by now. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks from boot to its start, as /proc tells it. */
  readonly startTicks: string;
  readonly bootId: string;
}

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

interface ProcStat {
  readonly state: string;
  readonly parentPid: number;
  readonly startTicks: string;
}

/** /proc/PID/stat (proc(5)); `undefined` when there is no such process. */
export function readStat(pid: number): ProcStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The command's name is in parentheses and may hold anything, parentheses too.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', parentPid: Number(fields[1]), startTicks: fields[19] ?? '' };
}

/** The identity of a process that runs now. */
export function processId(pid: number): ProcessId | undefined {
  const stat = readStat(pid);
  return stat === undefined || isGone(stat.state) ? undefined : { pid, startTicks: stat.startTicks, bootId: bootId() };
}

/** Whether exactly this process runs still; a zombie does not. */
export function isAlive(id: ProcessId): boolean {
  const stat = readStat(id.pid);
  return stat !== undefined && !isGone(stat.state) && stat.startTicks === id.startTicks && id.bootId === bootId();
}

function isGone(state: string): boolean {
  return state === 'Z' || state === 'X';
}
