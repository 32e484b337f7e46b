import { causeChain, repeatedly, type Clock, type Log, type Random } from '@rhythm/base';
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
  const isPassing = (error: unknown, failures: number): boolean => {
    if (!(error instanceof RuntimeError) || (error.code !== 'unavailable' && error.code !== 'timeout') || clock.monotonic() >= end) return false;
    if (failures === 0) log.warn('the runtime does not answer yet', { error: causeChain(error) });
    return true;
  };
  return repeatedly(() => runtime.version(), { isPassing, backoff: pause, clock, random });
}
