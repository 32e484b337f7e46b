import { dialGrpc, unary } from '@rhythm/grpc';
import {
  ListPodSandboxRequest,
  PodSandboxStatusRequest,
  RemovePodSandboxRequest,
  RuntimeServiceClient,
  RuntimeServiceService as service,
  StopPodSandboxRequest,
} from '@rhythm/proto/cri';

const parallelMax = 8;

/**
 * Stops and removes the pod sandboxes of one cluster, with their containers, and gives their ids. On a runtime that
 * others use too, `cgroupRoot` tells which are ours.
 */
export async function removeSandboxes(socket: string, cgroupRoot: string, shared: boolean): Promise<readonly string[]> {
  const client = dialGrpc(RuntimeServiceClient, { targets: `unix:${socket}` });
  try {
    const { items } = await unary(client, service.listPodSandbox, ListPodSandboxRequest.fromPartial({}));
    const ours: string[] = [];
    for (const { id } of items) if (!shared || (await isOurs(client, id, cgroupRoot))) ours.push(id);
    const queue = [...ours];
    const work = async (): Promise<void> => {
      for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
        await unary(client, service.stopPodSandbox, StopPodSandboxRequest.fromPartial({ podSandboxId: id }));
        await unary(client, service.removePodSandbox, RemovePodSandboxRequest.fromPartial({ podSandboxId: id }));
      }
    };
    await Promise.all(Array.from({ length: Math.min(parallelMax, ours.length) }, work));
    return ours;
  } finally {
    client.close();
  }
}

/** The verbose status carries the sandbox's configuration as JSON, with its cgroup's parent. */
async function isOurs(client: RuntimeServiceClient, id: string, cgroupRoot: string): Promise<boolean> {
  const status = await unary(client, service.podSandboxStatus, PodSandboxStatusRequest.fromPartial({ podSandboxId: id, verbose: true }));
  return Object.values(status.info).some((text) => new RegExp(`"cgroup_?parent":"/?${cgroupRoot}(/|")`, 'i').test(text));
}
