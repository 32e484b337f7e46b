import type { Endpoints } from '@rhythm/api/types/core-v1';
import type { EndpointSlice } from '@rhythm/api/types/discovery-v1';

/** Where a server of the cluster is reached. */
export interface ServerAddress {
  readonly ip: string;
  readonly port: number;
}

const isV6 = ({ ip }: ServerAddress): boolean => ip.includes(':');
const compare = (a: ServerAddress, b: ServerAddress): number => a.port - b.port || Number(isV6(a)) - Number(isV6(b)) || (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0);

/** Servers of one port and family stand together. The same order for whoever writes it. */
function groups(servers: readonly ServerAddress[]): ServerAddress[][] {
  const byPort = new Map<string, ServerAddress[]>();
  for (const server of [...servers].sort(compare)) {
    const id = `${server.port}/${isV6(server)}`;
    byPort.set(id, [...(byPort.get(id) ?? []), server]);
  }
  return [...byPort.values()];
}

/** The Endpoints `default/kubernetes`. */
export function ownEndpoints(servers: readonly ServerAddress[]): Endpoints {
  return {
    kind: 'Endpoints',
    apiVersion: 'v1',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: groups(servers).map((group) => ({ addresses: group.map(({ ip }) => ({ ip })), ports: [{ name: 'https', port: group[0]?.port ?? 0, protocol: 'TCP' }] })),
  };
}

/** Its EndpointSlices: `kubernetes`, and one more for each further port or family, since a slice has one. */
export function ownSlices(servers: readonly ServerAddress[]): EndpointSlice[] {
  return groups(servers).map((group, index) => {
    const v6 = group.some(isV6);
    const port = group[0]?.port ?? 0;
    return {
      kind: 'EndpointSlice',
      apiVersion: 'discovery.k8s.io/v1',
      metadata: { name: index === 0 ? 'kubernetes' : `kubernetes-${v6 ? 'ipv6-' : ''}${port}`, namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      addressType: v6 ? 'IPv6' : 'IPv4',
      endpoints: group.map(({ ip }) => ({ addresses: [ip], conditions: { ready: true } })),
      ports: [{ name: 'https', port, protocol: 'TCP' }],
    };
  });
}
