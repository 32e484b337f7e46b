import { isIP } from 'node:net';
import { ApiError } from '@rhythm/api';
import type { Node, Pod } from '@rhythm/api/types/core-v1';
import type { ContainerRef } from '@rhythm/proto/node';
import { containersOf } from '../pods/containers.ts';
import type { ObjectReader } from '../ports/types.ts';
import type { NodeTarget } from './node-connector.ts';

/** The container that a request means. @throws ApiError BadRequest when it does not say and there are several. */
export function containerOf(pod: Pod, asked: string): string {
  const podName = pod.metadata.name ?? '';
  if (asked !== '') {
    for (const { container } of containersOf(pod.spec)) if (container.name === asked) return asked;
    throw new ApiError('BadRequest', `container ${asked} is not valid for pod ${podName}`);
  }
  const [first, ...rest] = pod.spec.containers ?? [];
  if (first !== undefined && rest.length === 0) return first.name;
  const names = (pod.spec.containers ?? []).map((container) => container.name).join(' ');
  const init = (pod.spec.initContainers ?? []).map((container) => container.name).join(' ');
  throw new ApiError('BadRequest', `a container name must be specified for pod ${podName}, choose one of: [${names}]${init === '' ? '' : ` or one of the init containers: [${init}]`}`);
}

export function containerRef(pod: Pod, container: string): ContainerRef {
  return { namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name ?? '', podUid: pod.metadata.uid ?? '', container };
}

/** Where the pod's kubelet listens, from the Node's status. @throws ApiError BadRequest, NotFound, ServiceUnavailable. */
export async function nodeOf(pod: Pod, reader: ObjectReader): Promise<NodeTarget> {
  const nodeName = pod.spec.nodeName ?? '';
  if (nodeName === '') throw new ApiError('BadRequest', `pod ${pod.metadata.name ?? ''} does not have a host assigned`);
  return kubeletOf(nodeName, reader);
}

/** Where a node's kubelet listens, from the Node's status. @throws ApiError NotFound, ServiceUnavailable. */
export async function kubeletOf(nodeName: string, reader: ObjectReader): Promise<NodeTarget> {
  const node = await reader.get<Node>('', 'nodes', '', nodeName);
  if (node === undefined) throw new ApiError('NotFound', `nodes ${JSON.stringify(nodeName)} not found`, { details: { name: nodeName, kind: 'nodes' } });
  const address = node.status?.addresses?.find((candidate) => candidate.type === 'InternalIP')?.address ?? '';
  const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
  // Only a literal address: a name would be resolved again and again, each time perhaps to another place.
  if (isIP(address) === 0 || !Number.isInteger(port) || port < 1 || port > 65_535) throw new ApiError('ServiceUnavailable', `node ${JSON.stringify(nodeName)} has not said yet where its kubelet listens`);
  return { nodeName, address, port };
}
