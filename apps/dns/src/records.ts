import type { Service, ServicePort } from '@rhythm/api/types/core-v1';
import type { Endpoint, EndpointSlice } from '@rhythm/api/types/discovery-v1';

/** What the answers are made from; current to some moment. */
export interface ClusterView {
  service(namespace: string, name: string): Service | undefined;
  slices(namespace: string, service: string): readonly EndpointSlice[];
  hasNamespace(name: string): boolean;
  /** The Service that has this cluster IP. */
  serviceOfIP(ip: string): Service | undefined;
  /** Slices that have an endpoint with this address. */
  slicesOfIP(ip: string): readonly EndpointSlice[];
}

export type RecordData =
  | { readonly type: 'A'; readonly data: string }
  | { readonly type: 'CNAME' | 'PTR'; readonly data: string }
  | { readonly type: 'SRV'; readonly data: { readonly priority: number; readonly weight: number; readonly port: number; readonly target: string } }
  | { readonly type: 'TXT'; readonly data: string };

export type DnsRecord = RecordData & { readonly name: string; readonly ttl: number };

/** `outside`: the name is not the cluster's; `noerror` without answers: the name exists, with other types. */
export type Answer =
  | { readonly kind: 'outside' }
  | { readonly kind: 'nxdomain' }
  | { readonly kind: 'noerror'; readonly answers: readonly DnsRecord[]; readonly additionals: readonly DnsRecord[] };

/** How long answers may be kept, in seconds (CoreDNS' kubernetes plugin has 5 too). */
export const ttlSeconds = 5;

const nothing: Answer = { kind: 'noerror', answers: [], additionals: [] };
const nxdomain: Answer = { kind: 'nxdomain' };

/** The answer to one question, after the Kubernetes DNS specification 1.1.0. `domain` is `cluster.local`. */
export function resolve(question: { readonly name: string; readonly type: string }, view: ClusterView, domain: string): Answer {
  const name = question.name.toLowerCase().replace(/\.$/, '');
  if (name.endsWith('.in-addr.arpa')) return resolvePointer(name, question, view, domain);
  if (name !== domain && !name.endsWith(`.${domain}`)) return { kind: 'outside' };
  const labels = name === domain ? [] : name.slice(0, -domain.length - 1).split('.').reverse();
  const found = recordsAt(labels, view, domain);
  if (found === undefined) return nxdomain;
  return answerFrom(found, question);
}

interface Found {
  readonly records: readonly RecordData[];
  readonly additionals?: readonly DnsRecord[];
}

/** `labels` from the domain leftwards: svc, namespace, service, … `undefined`: no such name. */
function recordsAt(labels: readonly string[], view: ClusterView, domain: string): Found | undefined {
  const [zone, namespace, name, ...rest] = labels;
  if (zone === undefined) return { records: [] };
  if (zone === 'dns-version' && namespace === undefined) return { records: [{ type: 'TXT', data: '1.1.0' }] };
  if (zone === 'pod') return podRecords(namespace, name, rest, view);
  if (zone !== 'svc') return undefined;
  if (namespace === undefined) return { records: [] };
  if (name === undefined) return view.hasNamespace(namespace) ? { records: [] } : undefined;
  const service = view.service(namespace, name);
  return service === undefined ? undefined : serviceRecords(service, rest, view, domain);
}

function serviceRecords(service: Service, rest: readonly string[], view: ClusterView, domain: string): Found | undefined {
  const { name = '', namespace = '' } = service.metadata;
  if (service.spec.type === 'ExternalName') {
    return rest.length === 0 ? { records: [{ type: 'CNAME', data: service.spec.externalName ?? '' }] } : undefined;
  }
  const base = `${name}.${namespace}.svc.${domain}`;
  if (service.spec.clusterIP !== 'None') return clusterIPRecords(service, base, rest);
  return headlessRecords(service, base, rest, view.slices(namespace, name));
}

function clusterIPRecords(service: Service, base: string, rest: readonly string[]): Found | undefined {
  const addresses = (service.spec.clusterIPs ?? [service.spec.clusterIP ?? '']).filter((ip) => ip.includes('.'));
  const own = addresses.map((data): RecordData => ({ type: 'A', data }));
  if (rest.length === 0) return { records: own };
  const port = namedPort(service, rest);
  if (port === undefined) return isUnderscoreParent(service.spec.ports ?? [], rest) ? { records: [] } : undefined;
  const additionals = own.map((record) => ({ ...record, name: base, ttl: ttlSeconds }));
  return { records: [srv(port.port, base)], additionals };
}

function headlessRecords(service: Service, base: string, rest: readonly string[], slices: readonly EndpointSlice[]): Found | undefined {
  const all = service.spec.publishNotReadyAddresses === true;
  const hosts = hostsOf(slices, all);
  if (rest.length === 0) return { records: hosts.map(({ ip }): RecordData => ({ type: 'A', data: ip })) };
  if (rest.length === 1 && rest[0]?.startsWith('_') === false) {
    const mine = hosts.filter((host) => host.label === rest[0]);
    return mine.length === 0 ? undefined : { records: mine.map(({ ip }): RecordData => ({ type: 'A', data: ip })) };
  }
  const [protocol, port] = rest;
  const records: RecordData[] = [];
  const additionals: DnsRecord[] = [];
  for (const host of hosts) {
    for (const p of host.ports) {
      if (rest.length !== 2 || `_${p.protocol}` !== protocol || `_${p.name}` !== port) continue;
      records.push(srv(p.port, `${host.label}.${base}`));
      additionals.push({ type: 'A', name: `${host.label}.${base}`, ttl: ttlSeconds, data: host.ip });
    }
  }
  return records.length === 0 ? undefined : { records, additionals };
}

interface Host {
  readonly ip: string;
  /** The endpoint's hostname, or its address with dashes. */
  readonly label: string;
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
}

function hostsOf(slices: readonly EndpointSlice[], notReadyToo: boolean): readonly Host[] {
  const hosts = new Map<string, Host>();
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue;
    const ports = (slice.ports ?? []).map((p) => ({ name: p.name ?? '', protocol: (p.protocol ?? 'TCP').toLowerCase(), port: p.port ?? 0 }));
    for (const endpoint of slice.endpoints ?? []) {
      if (!notReadyToo && endpoint.conditions.ready === false) continue;
      for (const ip of endpoint.addresses) hosts.set(`${ip}/${JSON.stringify(ports)}`, { ip, label: hostLabel(endpoint, ip), ports });
    }
  }
  return [...hosts.values()];
}

const hostLabel = (endpoint: Endpoint, ip: string): string => (endpoint.hostname ?? '') || ip.replaceAll('.', '-');

/** `a-b-c-d.NAMESPACE.pod`: says back the address that the name spells. */
function podRecords(namespace: string | undefined, name: string | undefined, rest: readonly string[], view: ClusterView): Found | undefined {
  if (namespace === undefined) return { records: [] };
  if (!view.hasNamespace(namespace) || rest.length > 0) return undefined;
  if (name === undefined) return { records: [] };
  const match = /^(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})$/.exec(name);
  if (match === null || match.slice(1).some((part) => Number(part) > 255)) return undefined;
  return { records: [{ type: 'A', data: match.slice(1).map(Number).join('.') }] };
}

function resolvePointer(name: string, question: { readonly name: string; readonly type: string }, view: ClusterView, domain: string): Answer {
  const ip = name.slice(0, -'.in-addr.arpa'.length).split('.').reverse().join('.');
  const targets: string[] = [];
  const service = view.serviceOfIP(ip);
  if (service !== undefined) targets.push(`${service.metadata.name}.${service.metadata.namespace}.svc.${domain}`);
  else targets.push(...pointerTargets(ip, view, domain));
  if (targets.length === 0) return { kind: 'outside' };
  return answerFrom({ records: targets.map((data): RecordData => ({ type: 'PTR', data })) }, question);
}

function pointerTargets(ip: string, view: ClusterView, domain: string): string[] {
  const targets = new Set<string>();
  for (const slice of view.slicesOfIP(ip)) {
    const serviceName = slice.metadata.labels?.['kubernetes.io/service-name'];
    const namespace = slice.metadata.namespace ?? '';
    if (serviceName === undefined || view.service(namespace, serviceName)?.spec.clusterIP !== 'None') continue;
    for (const endpoint of slice.endpoints ?? []) {
      if (endpoint.addresses.includes(ip)) targets.add(`${hostLabel(endpoint, ip)}.${serviceName}.${namespace}.svc.${domain}`);
    }
  }
  return [...targets];
}

function answerFrom(found: Found, question: { readonly name: string; readonly type: string }): Answer {
  const fits = found.records.filter((r) => r.type === question.type || question.type === 'ANY' || (r.type === 'CNAME' && question.type !== 'CNAME'));
  if (fits.length === 0) return nothing;
  const answers = fits.map((record) => ({ ...record, name: question.name, ttl: ttlSeconds }));
  return { kind: 'noerror', answers, additionals: found.additionals ?? [] };
}

const srv = (port: number, target: string): RecordData => ({ type: 'SRV', data: { priority: 0, weight: 100, port, target } });

/** The port that `_port._protocol` names; `rest` runs leftwards: protocol first. */
function namedPort(service: Service, rest: readonly string[]): ServicePort | undefined {
  if (rest.length !== 2) return undefined;
  return (service.spec.ports ?? []).find((p) => `_${(p.protocol ?? 'TCP').toLowerCase()}` === rest[0] && `_${p.name ?? ''}` === rest[1]);
}

/** `_tcp.SERVICE…` exists as an empty name when a port lies below it (RFC 8020). */
function isUnderscoreParent(ports: readonly ServicePort[], rest: readonly string[]): boolean {
  return rest.length === 1 && ports.some((p) => (p.name ?? '') !== '' && `_${(p.protocol ?? 'TCP').toLowerCase()}` === rest[0]);
}
