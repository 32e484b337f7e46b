import { AsyncQueue, toError, type Clock } from '@rhythm/base';
import { EventsService, type Envelope } from '@rhythm/proto/containerd/events';
import { ContainerState, PodSandboxState, RuntimeServiceService as rt } from '@rhythm/proto/cri';
import type { CriClient } from './cri-client.ts';
import { RuntimeError, type RuntimeEvent } from './runtime.ts';

/** Events waiting for the listener; more means it hangs, and it then lists everything. */
const queueMax = 10_000;
const filters = ['topic~="^/tasks/(start|exit|oom|paused|resumed)$",namespace=="k8s.io"'];
/** containerd tells of an exit before its CRI plugin has noted it: wait for that, doubling up to a second, for about a minute. */
const lagFirstMs = 15;
const lagMsMax = 1_000;
const lagLooks = 66;
const statusMs = 10_000;

/** containerd's task events (it has no `GetContainerEvents` before 1.7), each passed on once the CRI status shows it. */
export async function* taskEvents(client: CriClient, clock: Clock, signal: AbortSignal): AsyncGenerator<RuntimeEvent, void, void> {
  const queue = new AsyncQueue<RuntimeEvent>(queueMax);
  void pump(client, clock, queue, signal);
  yield* queue;
}

async function pump(client: CriClient, clock: Clock, queue: AsyncQueue<RuntimeEvent>, signal: AbortSignal): Promise<void> {
  try {
    for await (const envelope of client.stream(EventsService.subscribe, { filters }, signal)) {
      const ids = eventIds(envelope.event?.value);
      if (ids === undefined) queue.push({});
      else if (!isExit(envelope)) queue.push({ id: ids.container });
      else if (ids.process === ids.container) void afterExit(client, clock, ids.container, signal).then(() => queue.push({ id: ids.container })).catch((error: unknown) => queue.end(toError(error)));
    }
    queue.end();
  } catch (error) {
    queue.end(new RuntimeError('unavailable', 'the event stream of the runtime broke', { cause: error }));
  }
}

const isExit = (envelope: Envelope): boolean => envelope.topic === '/tasks/exit';

async function afterExit(client: CriClient, clock: Clock, id: string, signal: AbortSignal): Promise<void> {
  for (let look = 0, waitMs = lagFirstMs; look < lagLooks; look++, waitMs = Math.min(lagMsMax, waitMs * 2)) {
    await clock.sleep(waitMs, signal).catch(() => undefined);
    if (signal.aborted || !(await runsStill(client, id, signal))) return;
  }
}

/** Whether the CRI plugin still calls a container or sandbox running. */
async function runsStill(client: CriClient, id: string, signal: AbortSignal): Promise<boolean> {
  try {
    const reply = await client.call(rt.containerStatus, { containerId: id, verbose: false }, { deadlineMs: statusMs, signal });
    return reply.status?.state === ContainerState.CONTAINER_RUNNING;
  } catch {
    // Not a container: a sandbox has a task too.
  }
  try {
    const reply = await client.call(rt.podSandboxStatus, { podSandboxId: id, verbose: false }, { deadlineMs: statusMs, signal });
    return reply.status?.state === PodSandboxState.SANDBOX_READY;
  } catch {
    return false;
  }
}

/**
 * The ids in a containerd task event: field 1 is the container, field 2 of TaskExit the process, which differs for an exec.
 * Undefined for anything else, which makes the listener look at everything.
 */
export function eventIds(payload: Uint8Array | undefined): { readonly container: string; readonly process: string } | undefined {
  const first = stringField(payload, 0, 0x0a);
  if (payload === undefined || first === undefined) return undefined;
  return { container: first.text, process: stringField(payload, first.end, 0x12)?.text ?? first.text };
}

/** A short length-delimited protobuf field with the given tag byte at an offset. */
function stringField(payload: Uint8Array | undefined, at: number, tag: number): { readonly text: string; readonly end: number } | undefined {
  if (payload === undefined || payload[at] !== tag) return undefined;
  const length = payload[at + 1] ?? 0;
  const end = at + 2 + length;
  if (length === 0 || length > 127 || payload.length < end) return undefined;
  return { text: new TextDecoder().decode(payload.subarray(at + 2, end)), end };
}
