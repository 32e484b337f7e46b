import { causeChain } from '@rhythm/base';
import type { Container, Pod } from '@rhythm/api/types/core-v1';
import type { NodeContext } from './node-context.ts';
import type { PodEvents } from '../observed/events.ts';
import { runHook } from '../containers/hooks.ts';

export interface KillInput {
  readonly pod: Pod;
  readonly container: Container | undefined;
  readonly id: string;
  readonly graceSeconds: number;
  readonly podIp: string;
  readonly events: PodEvents;
  readonly signal: AbortSignal;
  /** The preStop hook has run, or runs, for an earlier kill of the same container. */
  readonly skipHook: boolean;
}

/** What a container always gets after its preStop hook, so that it may react to the signal at all. */
const graceAfterHookSecondsMin = 2;

/** Runs the preStop hook and stops a container: the signal, the rest of its grace, then SIGKILL. */
export async function killContainer(node: NodeContext, input: KillInput): Promise<void> {
  const { container, graceSeconds, signal } = input;
  const hook = container?.lifecycle?.preStop;
  const startedMs = node.clock.monotonic();
  if (hook !== undefined && container !== undefined && graceSeconds > 0 && !input.skipHook) {
    try {
      const context = { runtime: node.runtime, clock: node.clock, pod: input.pod, container, containerId: input.id, podIp: input.podIp };
      await runHook(hook, context, graceSeconds * 1000, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      input.events.warning('FailedPreStopHook', `PreStopHook failed: ${causeChain(error)}`, container.name);
    }
  }
  const left = graceSeconds - (node.clock.monotonic() - startedMs) / 1000;
  await node.runtime.stopContainer(input.id, graceSeconds === 0 ? 0 : Math.max(left, Math.min(graceSeconds, graceAfterHookSecondsMin)), signal);
}
