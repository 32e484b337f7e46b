import type { Probe } from '@rhythm/api/types/core-v1';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

/** How a probe stands: its verdict, and how often in a row it went the other way. */
export interface ProbeState {
  readonly verdict: boolean | undefined;
  readonly successes: number;
  readonly failures: number;
}

/** Before the first result: alive, not ready, not started. `before` is what was published of this very container, after a restart. */
export function initialState(kind: ProbeKind, before?: boolean): ProbeState {
  const verdict = kind === 'liveness' ? true : kind === 'readiness' ? (before ?? false) : before === true ? true : undefined;
  return { verdict, successes: 0, failures: 0 };
}

/** One more result. The verdict turns when a threshold is reached in a row. */
export function stepProbe(state: ProbeState, success: boolean, probe: Pick<Probe, 'successThreshold' | 'failureThreshold'>): ProbeState {
  const successes = success ? state.successes + 1 : 0;
  const failures = success ? 0 : state.failures + 1;
  const turned = success ? successes >= (probe.successThreshold ?? 1) : failures >= (probe.failureThreshold ?? 3);
  return { verdict: turned ? success : state.verdict, successes, failures };
}
