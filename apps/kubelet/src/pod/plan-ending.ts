import type { ContainerStatus } from '@rhythm/cri';
import { isRunning } from '../observed/observed.ts';
import type { Action, PlanInput, PodPlan } from './action.ts';
import { isSidecar } from '../observed/restart-policy.ts';

/**
 * A pod that must end or has ended: regular containers stop first, then sidecars from the last to the first, then the sandbox.
 * A pod that is deleted is finished; another one stays, so that its logs and exit codes can be read.
 */
export function planEnding(input: PlanInput): PodPlan {
  const running = input.observed.containers.filter(isRunning);
  const sidecars = (input.pod.spec.initContainers ?? []).filter(isSidecar).map((container) => container.name);
  const regular = running.filter((container) => !sidecars.includes(container.name));
  if (regular.length > 0) return { actions: regular.map((container) => kill(input, container)) };
  const last = running.toSorted((a, b) => sidecars.indexOf(b.name) - sidecars.indexOf(a.name))[0];
  if (last !== undefined) return { actions: [kill(input, last)] };
  const ready = input.observed.sandboxes.filter((sandbox) => sandbox.ready);
  if (ready.length > 0) return { actions: ready.map((sandbox) => ({ kind: 'stopSandbox', id: sandbox.id })) };
  return { actions: input.deleted ? [{ kind: 'finish' }] : [] };
}

function kill({ pod, memory, now }: PlanInput, container: ContainerStatus): Action {
  const termination = memory.termination;
  const whole = pod.spec.terminationGracePeriodSeconds ?? 30;
  const graceSeconds = termination === undefined ? whole : Math.max(0, Math.ceil(termination.graceSeconds - (now - termination.since) / 1000));
  return { kind: 'killContainer', id: container.id, name: container.name, graceSeconds, message: `Stopping container ${container.name}` };
}
