import type { Clock } from '@rhythm/base';
import { dialGrpc, unary, type CallSettings } from '@rhythm/grpc';
import {
  ListPodSandboxRequest,
  PodSandboxStatusRequest,
  RemovePodSandboxRequest,
  RuntimeServiceClient,
  RuntimeServiceService as service,
  StopPodSandboxRequest,
} from '@rhythm/proto/cri';

const parallelMax = 8;
/** For each call. A runtime that has missed a container's end waits for it for ever. */
const callMsMax = 20_000;

export interface RemovedSandboxes {
  /** Of this cluster, removed or not. */
  readonly ids: readonly string[];
  /** Why some of them may still be there. */
  readonly failure?: unknown;
}

/**
 * Stops and removes the pod sandboxes of one cluster, with their containers. On a runtime that others use too,
 * `cgroupRoot` tells which are ours. One that cannot be removed does not keep the others. Rejects when the runtime does not tell what it has.
 */
export async function removeSandboxes(socket: string, cgroupRoot: string, shared: boolean, clock: Clock): Promise<RemovedSandboxes> {
  const client = dialGrpc(RuntimeServiceClient, { targets: `unix:${socket}` });
  const settings: CallSettings = { deadlineMs: callMsMax, clock };
  try {
    const { items } = await unary(client, service.listPodSandbox, ListPodSandboxRequest.fromPartial({}), settings);
    const ids: string[] = [];
    for (const { id } of items) if (!shared || (await isOurs(client, id, cgroupRoot, settings))) ids.push(id);
    const queue = [...ids];
    let failed: { failure?: unknown } = {};
    const work = async (): Promise<void> => {
      for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
        try {
          await unary(client, service.stopPodSandbox, StopPodSandboxRequest.fromPartial({ podSandboxId: id }), settings);
          await unary(client, service.removePodSandbox, RemovePodSandboxRequest.fromPartial({ podSandboxId: id }), settings);
        } catch (error) {
          failed = { failure: error };
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(parallelMax, ids.length) }, work));
    return { ids, ...failed };
  } finally {
    client.close();
  }
}

/** The verbose status carries the sandbox's configuration as JSON, with its cgroup's parent. */
async function isOurs(client: RuntimeServiceClient, id: string, cgroupRoot: string, settings: CallSettings): Promise<boolean> {
  const status = await unary(client, service.podSandboxStatus, PodSandboxStatusRequest.fromPartial({ podSandboxId: id, verbose: true }), settings);
  return Object.values(status.info).some((text) => new RegExp(`"cgroup_?parent":"/?${cgroupRoot}(/|")`, 'i').test(text));
}
