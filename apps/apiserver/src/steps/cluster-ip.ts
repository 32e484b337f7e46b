import { ApiError } from '@rhythm/api';
import { formatTime, randomInt, randomUuid, type Clock, type Random } from '@rhythm/base';
import type { Service } from '@rhythm/api/types/core-v1';
import type { IPAddress } from '@rhythm/api/types/networking-v1';
import type { ObjectReader } from '../ports/types.ts';
import { formatIpv4, parseIpv4, type Ipv4Range } from './ipv4-range.ts';
import { invalidService } from './refuse-service.ts';
import { headless, needsClusterIp } from './service-fields.ts';

export const networkingGroup = 'networking.k8s.io';
/** Random tries before all addresses in use are listed. */
const triesMax = 16;

export interface IpPorts {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly random: Random;
}

/** Gives `service` its addresses and families. Returns those that must be claimed: new to this service. */
export async function allocateClusterIp(service: Service, old: Service | undefined, range: Ipv4Range, ports: IpPorts): Promise<string[]> {
  if (!needsClusterIp(service)) return [];
  const { spec } = service;
  const given = (spec.clusterIPs ?? []).length > 0 ? (spec.clusterIPs ?? []) : [spec.clusterIP ?? ''].filter((ip) => ip !== '');
  if ((spec.clusterIP ?? '') !== '' && given[0] !== spec.clusterIP) throw invalidService(service, 'spec.clusterIPs', given, 'first value must match `clusterIP`');
  setFamilies(service, given);
  if (given.includes(headless)) {
    if (given.length > 1) throw invalidService(service, 'spec.clusterIPs', given, '`None` must be the first and only value');
    refuseChange(service, old, headless);
    setAddress(service, headless);
    return [];
  }
  if (given.length > 1) throw invalidService(service, 'spec.clusterIPs', given, 'this cluster is not configured for dual-stack services');
  const wanted = given[0];
  if (wanted === undefined) {
    const found = await freeAddress(range, ports);
    setAddress(service, found);
    return [found];
  }
  refuseChange(service, old, wanted);
  setAddress(service, wanted);
  if (needsClusterIp(old) && old?.spec.clusterIP === wanted) return [];
  await refuseUnlessFree(service, wanted, range, ports.reader);
  return [wanted];
}

/** The object that claims `ip` for `service`; its name makes the claim unique. */
export function addressClaim(ip: string, service: Service, ports: Pick<IpPorts, 'clock' | 'random'>): IPAddress {
  return {
    kind: 'IPAddress',
    apiVersion: `${networkingGroup}/v1`,
    metadata: {
      name: ip,
      uid: randomUuid(ports.random),
      creationTimestamp: formatTime(ports.clock.now()),
      labels: { 'ipaddress.kubernetes.io/ip-family': 'IPv4', 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' },
    },
    spec: { parentRef: { group: '', resource: 'services', namespace: service.metadata.namespace ?? '', name: service.metadata.name ?? '' } },
  };
}

function setAddress(service: Service, ip: string): void {
  service.spec.clusterIP = ip;
  service.spec.clusterIPs = [ip];
}

function refuseChange(service: Service, old: Service | undefined, wanted: string): void {
  const before = needsClusterIp(old) ? (old?.spec.clusterIP ?? '') : '';
  if (before !== '' && before !== wanted) throw invalidService(service, 'spec.clusterIPs[0]', [wanted], 'may not change once set');
}

/** This cluster has IPv4 only; headless services without a selector name families that their endpoints may have. */
function setFamilies(service: Service, given: readonly string[]): void {
  const { spec } = service;
  const isHeadless = given.includes(headless);
  const free = isHeadless && Object.keys(spec.selector ?? {}).length === 0;
  const families = spec.ipFamilies ?? [];
  if (!free && families.some((family) => family !== 'IPv4')) throw invalidService(service, 'spec.ipFamilies', families, 'only IPv4 is configured on this cluster');
  if (!isHeadless && spec.ipFamilyPolicy === 'RequireDualStack') throw invalidService(service, 'spec.ipFamilyPolicy', spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services');
  if ((spec.ipFamilyPolicy ?? '') === '') spec.ipFamilyPolicy = free ? 'RequireDualStack' : 'SingleStack';
  if (families.length === 0) spec.ipFamilies = ['IPv4'];
  if (free && spec.ipFamilyPolicy !== 'SingleStack' && spec.ipFamilies?.length === 1) spec.ipFamilies = [...spec.ipFamilies, spec.ipFamilies[0] === 'IPv4' ? 'IPv6' : 'IPv4'];
}

async function refuseUnlessFree(service: Service, ip: string, range: Ipv4Range, reader: ObjectReader): Promise<void> {
  const address = parseIpv4(ip);
  if (address === undefined) throw invalidService(service, 'spec.clusterIPs[0]', ip, 'must be a valid IPv4 address');
  if (!range.has(address)) {
    throw invalidService(service, 'spec.clusterIPs', [ip], `failed to allocate IP ${ip}: the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${range.cidr}`);
  }
  const taken = await reader.get<IPAddress>(networkingGroup, 'ipaddresses', '', ip);
  if (taken !== undefined) throw invalidService(service, 'spec.clusterIPs', [ip], `failed to allocate IP ${ip}: provided IP is already allocated`);
}

async function freeAddress(range: Ipv4Range, { reader, random }: IpPorts): Promise<string> {
  const dynamic = range.last - range.dynamicFirst + 1;
  for (let attempt = 0; attempt < triesMax; attempt++) {
    const ip = formatIpv4(range.dynamicFirst + randomInt(random, dynamic));
    if ((await reader.get(networkingGroup, 'ipaddresses', '', ip)) === undefined) return ip;
  }
  const used = new Set((await reader.list<IPAddress>(networkingGroup, 'ipaddresses', '')).map((address) => address.metadata.name));
  for (const [from, to] of [[range.dynamicFirst, range.last], [range.first, range.dynamicFirst - 1]] as const) {
    const count = to - from + 1;
    // Starting anywhere keeps servers that fill the last addresses from meeting at the same one.
    const start = count > 0 ? randomInt(random, count) : 0;
    for (let i = 0; i < count; i++) {
      const ip = formatIpv4(from + ((start + i) % count));
      if (!used.has(ip)) return ip;
    }
  }
  throw new ApiError('InternalError', `failed to allocate a serviceIP: range is full`);
}
