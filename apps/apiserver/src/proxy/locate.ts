import { ApiError, notFound } from '@rhythm/api';
import { randomInt, type Random } from '@rhythm/base';
import type { Pod, Service } from '@rhythm/api/types/core-v1';
import type { EndpointSlice } from '@rhythm/api/types/discovery-v1';
import type { ObjectReader } from '../pipeline/types.ts';
import { kubeletOf } from '../streams/pod-target.ts';
import { isProxyableAddress } from './addresses.ts';
import { parseTargetName, portNumber, type TargetName } from './target-name.ts';

/** Where a proxied request goes. */
export interface ProxyTarget {
  readonly scheme: 'http' | 'https';
  readonly address: string;
  readonly port: number;
  /** Set for a kubelet: the name that its certificate must bear. It alone is shown this server's own certificate. */
  readonly nodeName?: string;
}

export interface LocatePorts {
  readonly reader: ObjectReader;
  readonly random: Random;
}

/** @throws ApiError BadRequest, NotFound, ServiceUnavailable. */
export function locate(ports: LocatePorts, resource: string, namespace: string, name: string): Promise<ProxyTarget> {
  const wanted = parseTargetName(name);
  if (wanted === undefined) throw new ApiError('BadRequest', `invalid ${singular[resource] ?? resource} request ${JSON.stringify(name)}`);
  switch (resource) {
    case 'pods':
      return locatePod(ports, namespace, wanted);
    case 'services':
      return locateService(ports, namespace, wanted);
    default:
      return locateNode(ports, wanted);
  }
}

const singular: Readonly<Record<string, string>> = { pods: 'pod', services: 'service', nodes: 'node' };
const defaultPorts = { http: 80, https: 443 } as const;

async function locatePod({ reader }: LocatePorts, namespace: string, wanted: TargetName): Promise<ProxyTarget> {
  const pod = await reader.get<Pod>('', 'pods', namespace, wanted.name);
  if (pod === undefined) throw notFound({ group: '', resource: 'pods' }, wanted.name);
  const address = addressesOf(pod)[0] ?? '';
  if (!isProxyableAddress(address)) throw new ApiError('BadRequest', 'address not allowed');
  return { scheme: wanted.scheme, address, port: podPort(pod, wanted) };
}

/** The port asked for, else the first that a container names, else the scheme's own. */
function podPort(pod: Pod, wanted: TargetName): number {
  const containerPorts = pod.spec.containers.flatMap((container) => container.ports ?? []);
  if (wanted.port === '') return containerPorts[0]?.containerPort ?? defaultPorts[wanted.scheme];
  const port = portNumber(wanted.port);
  if (port === undefined) throw new ApiError('BadRequest', `invalid pod request ${JSON.stringify(`${wanted.name}:${wanted.port}`)}: the port of a pod is a number`);
  return port;
}

async function locateService({ reader, random }: LocatePorts, namespace: string, wanted: TargetName): Promise<ProxyTarget> {
  const service = await reader.get<Service>('', 'services', namespace, wanted.name);
  if (service === undefined) throw notFound({ group: '', resource: 'services' }, wanted.name);
  const port = servicePort(service, wanted);
  const slices = await reader.list<EndpointSlice>('discovery.k8s.io', 'endpointslices', namespace);
  const candidates = slices.filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === wanted.name).flatMap((slice) => backendsOf(slice, port));
  // One at random; where its pod does not own up to the address, the next one.
  const start = randomInt(random, candidates.length);
  for (let step = 0; step < candidates.length; step++) {
    const candidate = candidates[(start + step) % candidates.length];
    if (candidate !== undefined && (await isAddressOfPod(reader, namespace, candidate))) return { scheme: wanted.scheme, address: candidate.address, port: candidate.port };
  }
  throw new ApiError('ServiceUnavailable', `no endpoints available for service ${JSON.stringify(wanted.name)}`);
}

/** The name under which endpoints carry the port: '' for the only, nameless one. */
function servicePort(service: Service, wanted: TargetName): string {
  const port = portNumber(wanted.port);
  if (port === undefined) return wanted.port;
  const found = service.spec?.ports?.find((candidate) => candidate.port === port);
  if (found === undefined) throw new ApiError('ServiceUnavailable', `no service port ${port} found for service ${JSON.stringify(wanted.name)}`);
  return found.name ?? '';
}

interface Backend {
  readonly address: string;
  readonly port: number;
  readonly pod: string;
}

function backendsOf(slice: EndpointSlice, portName: string): Backend[] {
  const port = (slice.ports ?? []).find((candidate) => (candidate.name ?? '') === portName)?.port;
  if (port === undefined) return [];
  const ready = (slice.endpoints ?? []).filter((endpoint) => endpoint.conditions?.ready !== false && endpoint.targetRef?.kind === 'Pod');
  return ready.flatMap((endpoint) => endpoint.addresses.map((address) => ({ address, port, pod: endpoint.targetRef?.name ?? '' })));
}

/**
 * Whoever writes endpoints could otherwise send this server anywhere in its network (kubernetes#101493): only addresses
 * that their pod really has are called.
 */
async function isAddressOfPod(reader: ObjectReader, namespace: string, backend: Backend): Promise<boolean> {
  if (!isProxyableAddress(backend.address)) return false;
  const pod = await reader.get<Pod>('', 'pods', namespace, backend.pod);
  return pod !== undefined && addressesOf(pod).includes(backend.address);
}

async function locateNode({ reader }: LocatePorts, wanted: TargetName): Promise<ProxyTarget> {
  // Not by its address but by its certificate a kubelet is known.
  const { nodeName, address, port } = await kubeletOf(wanted.name, reader);
  if (wanted.port !== '' && portNumber(wanted.port) !== port) throw new ApiError('BadRequest', `only the kubelet's own port of a node is proxied to, and that is ${port}`);
  return { scheme: 'https', address, port, nodeName };
}

function addressesOf(pod: Pod): string[] {
  const addresses = [pod.status?.podIP ?? '', ...(pod.status?.podIPs ?? []).map(({ ip }) => ip)];
  return [...new Set(addresses)].filter((address) => address !== '');
}
