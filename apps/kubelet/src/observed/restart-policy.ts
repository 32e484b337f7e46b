import type { Container, Pod } from '@rhythm/api/types/core-v1';
import type { ContainerStatus } from '@rhythm/cri';
import type { Instant } from '@rhythm/base';
import type { BackoffEntry } from './memory.ts';

/** KEP-2724 of old and the code of `kubectl describe`: 10 s doubling to 300 s, forgotten after ten minutes of quiet. */
export const restartBackoff = { initialMs: 10_000, maxMs: 300_000, forgetMs: 600_000 } as const;

/** A sidecar: an init container that keeps running (KEP-753). */
export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always';

/** Whether an ended container runs again. Container rules come before the container's policy, that before the pod's (KEP-5307). */
export function shouldRestart(pod: Pod, container: Container, ended: ContainerStatus): boolean {
  for (const rule of container.restartPolicyRules ?? []) {
    const codes = rule.exitCodes;
    if (codes === undefined || rule.action !== 'Restart') continue;
    const listed = (codes.values ?? []).includes(ended.exitCode);
    if (codes.operator === 'In' ? listed : codes.operator === 'NotIn' && !listed) return true;
  }
  const policy = container.restartPolicy ?? pod.spec.restartPolicy ?? 'Always';
  if (policy === 'Always') return true;
  return policy === 'OnFailure' && (ended.exitCode !== 0 || ended.state === 'unknown');
}

/** For a container that ended at `endedAt`: until when it must wait, and the entry once it is started. The first restart is at once. */
export function nextBackoff(entry: BackoffEntry | undefined, endedAt: Instant, now: Instant): { readonly waitUntil: Instant; readonly next: BackoffEntry } {
  if (entry === undefined || endedAt - entry.raisedAt > restartBackoff.forgetMs) {
    return { waitUntil: now, next: { delayMs: restartBackoff.initialMs, raisedAt: now } };
  }
  return { waitUntil: endedAt + entry.delayMs, next: { delayMs: Math.min(entry.delayMs * 2, restartBackoff.maxMs), raisedAt: now } };
}

/** The delay after `previous`, for obstacles (image pulls, sandboxes, volumes): `initialMs` doubling to `maxMs`. */
export function raiseDelay(previous: number | undefined, initialMs: number, maxMs: number): number {
  return previous === undefined ? initialMs : Math.min(previous * 2, maxMs);
}

/** `back-off 20s restarting failed container=app pod=web_default(uid)`, the words users search for. */
export function backoffMessage(pod: Pod, name: string, delayMs: number): string {
  const m = pod.metadata;
  return `back-off ${goDuration(delayMs)} restarting failed container=${name} pod=${m.name}_${m.namespace}(${m.uid})`;
}

/** `1m20s`, `1.5s`, `72ms`: as Go prints durations of whole milliseconds below an hour. */
export function goDuration(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole === 0) return '0s';
  if (whole < 1000) return `${whole}ms`;
  const minutes = Math.floor(whole / 60_000);
  const seconds = `${(whole % 60_000) / 1000}s`;
  return minutes === 0 ? seconds : `${minutes}m${seconds}`;
}
