import { ApiError, notFound } from '@rhythm/api';
import { randomInt, type Random } from '@rhythm/base';
import type { Pod, Service } from '@rhythm/api/types/core-v1';
import type { EndpointSlice } from '@rhythm/api/types/discovery-v1';
import type { ObjectReader } from '../ports/types.ts';
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
  const { service, candidates } = await backendsOfService({ reader, random }, namespace, wanted.name, wanted.port);
  if (service === undefined) throw notFound({ group: '', resource: 'services' }, wanted.name);
  // One at random; where its pod does not own up to the address, the next one.
  for (const candidate of candidates) {
    if (await isAddressOfPod(reader, namespace, candidate)) return { scheme: wanted.scheme, address: candidate.address, port: candidate.port };
  }
  throw noEndpoints(wanted.name);
}

/**
 * A ready endpoint of a service for calls that check its certificate: it need not be a pod's, for whoever answers proves to be the service.
 * An ExternalName is called by that name. @throws ApiError NotFound, ServiceUnavailable.
 */
export async function locateServiceBackend(ports: LocatePorts, namespace: string, name: string, port: number): Promise<{ readonly address: string; readonly port: number }> {
  const { service, candidates } = await backendsOfService(ports, namespace, name, String(port));
  if (service === undefined) throw new ApiError('NotFound', `service ${JSON.stringify(name)} not found`);
  if (service.spec?.type === 'ExternalName' && service.spec.externalName !== undefined) return { address: service.spec.externalName, port };
  const found = candidates.find(({ address }) => isProxyableAddress(address));
  if (found === undefined) throw noEndpoints(name);
  return found;
}

/** The ready endpoints of a service, beginning anywhere. */
async function backendsOfService({ reader, random }: LocatePorts, namespace: string, name: string, wantedPort: string): Promise<{ readonly service: Service | undefined; readonly candidates: readonly Backend[] }> {
  const service = await reader.get<Service>('', 'services', namespace, name);
  if (service === undefined || service.spec?.type === 'ExternalName') return { service, candidates: [] };
  const port = servicePort(service, name, wantedPort);
  const slices = await reader.list<EndpointSlice>('discovery.k8s.io', 'endpointslices', namespace);
  const all = slices.filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === name).flatMap((slice) => backendsOf(slice, port));
  const start = randomInt(random, all.length);
  return { service, candidates: [...all.slice(start), ...all.slice(0, start)] };
}

function noEndpoints(name: string): ApiError {
  return new ApiError('ServiceUnavailable', `no endpoints available for service ${JSON.stringify(name)}`);
}

/** The name under which endpoints carry the port: '' for the only, nameless one. */
function servicePort(service: Service, name: string, wantedPort: string): string {
  const port = portNumber(wantedPort);
  if (port === undefined) return wantedPort;
  const found = service.spec?.ports?.find((candidate) => candidate.port === port);
  if (found === undefined) throw new ApiError('ServiceUnavailable', `no service port ${port} found for service ${JSON.stringify(name)}`);
  return found.name ?? '';
}

interface Backend {
  readonly address: string;
  readonly port: number;
  /** '' where it is none's. */
  readonly pod: string;
}

function backendsOf(slice: EndpointSlice, portName: string): Backend[] {
  const port = (slice.ports ?? []).find((candidate) => (candidate.name ?? '') === portName)?.port;
  if (port === undefined) return [];
  const ready = (slice.endpoints ?? []).filter((endpoint) => endpoint.conditions?.ready !== false);
  return ready.flatMap((endpoint) => endpoint.addresses.map((address) => ({ address, port, pod: endpoint.targetRef?.kind === 'Pod' ? (endpoint.targetRef.name ?? '') : '' })));
}

/**
 * Whoever writes endpoints could otherwise send this server anywhere in its network (kubernetes#101493): only addresses
 * that their pod really has are called.
 */
async function isAddressOfPod(reader: ObjectReader, namespace: string, backend: Backend): Promise<boolean> {
  if (backend.pod === '' || !isProxyableAddress(backend.address)) return false;
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
