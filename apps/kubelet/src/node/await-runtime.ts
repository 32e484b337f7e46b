import { backoffDelay, causeChain, type Clock, type Log, type Random } from '@rhythm/base';
import { RuntimeError, type Runtime, type RuntimeInfo } from '@rhythm/cri';

/** As long as Kubernetes' kubelet waits for the connection to its runtime. */
const waitMsMax = 120_000;
const pause = { initialMs: 50, maxMs: 1_000, factor: 2, jitter: 0.2 };

export interface AwaitRuntimePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * The runtime's version, once there is somebody to tell it: after a boot, or when both were killed, containerd may come up
 * later than the kubelet. Rejects with the last RuntimeError when nobody answers for two minutes, and at once with any other.
 */
export async function awaitRuntime(runtime: Pick<Runtime, 'version'>, { clock, random, log }: AwaitRuntimePorts): Promise<RuntimeInfo> {
  const end = clock.monotonic() + waitMsMax;
  for (let attempt = 0; ; attempt++) {
    try {
      return await runtime.version();
    } catch (error) {
      if (!(error instanceof RuntimeError) || (error.code !== 'unavailable' && error.code !== 'timeout') || clock.monotonic() >= end) throw error;
      if (attempt === 0) log.warn('the runtime does not answer yet', { error: causeChain(error) });
      await clock.sleep(backoffDelay(pause, attempt, random));
    }
  }
}
