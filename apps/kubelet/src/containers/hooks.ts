import type { Container, LifecycleHandler, Pod } from '@rhythm/api/types/core-v1';
import type { Clock } from '@rhythm/base';
import type { Runtime } from '@rhythm/cri';
import { httpGet, portOf } from '../probes/http-get.ts';

/** A lifecycle handler failed; the message is the handler's. */
export class HookError extends Error {
  override readonly name = 'HookError';
}

export interface HookContext {
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly pod: Pod;
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
}

/** Runs a postStart or preStop handler to its end, for at most `timeoutMs`. @throws HookError */
export async function runHook(handler: LifecycleHandler, context: HookContext, timeoutMs: number, signal?: AbortSignal): Promise<void> {
  const { runtime, clock } = context;
  if (handler.exec !== undefined) {
    const result = await runtime.execSync(context.containerId, handler.exec.command ?? [], timeoutMs, signal);
    if (result.exitCode !== 0) {
      throw new HookError(`command '${(handler.exec.command ?? []).join(' ')}' exited with ${result.exitCode}: ${Buffer.from(result.stderr).toString('utf8').slice(0, 512)}`);
    }
  } else if (handler.httpGet !== undefined) {
    const action = handler.httpGet;
    const host = action.host ?? context.podIp;
    const reply = await httpGet(action, host, portOf(action.port, context.container), timeoutMs, clock, signal);
    if (reply.status < 200 || reply.status >= 400) throw new HookError(`HTTP hook answered ${reply.status}`);
  } else if (handler.sleep !== undefined) {
    await clock.sleep(Math.min(handler.sleep.seconds * 1000, timeoutMs), signal);
  } else throw new HookError('the lifecycle handler names no action that this node supports');
}
