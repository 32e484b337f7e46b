import type { Service, ServiceSpec } from '@rhythm/api/types/core-v1';
import type { EndpointSlice } from '@rhythm/api/types/discovery-v1';
import { expect, test } from 'vitest';
import { resolve, type Answer, type ClusterView } from './records.ts';

const service = (name: string, spec: Partial<ServiceSpec>): Service => ({ metadata: { name, namespace: 'default' }, spec: { ...spec }, status: { loadBalancer: {} } });

const services = [
  service('web', { clusterIP: '10.43.0.5', clusterIPs: ['10.43.0.5'], ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }] }),
  service('peers', { clusterIP: 'None', clusterIPs: ['None'], ports: [{ name: 'raft', protocol: 'TCP', port: 7000, targetPort: 7000 }] }),
  service('elsewhere', { type: 'ExternalName', externalName: 'example.org' }),
];

const slices: EndpointSlice[] = [
  {
    metadata: { name: 'peers-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'peers' } },
    addressType: 'IPv4',
    endpoints: [
      { addresses: ['10.42.0.2'], hostname: 'peer-0', conditions: { ready: true } },
      { addresses: ['10.42.0.3'], conditions: { ready: true } },
      { addresses: ['10.42.0.4'], conditions: { ready: false } },
    ],
    ports: [{ name: 'raft', protocol: 'TCP', port: 7000 }],
  },
];

const view: ClusterView = {
  service: (namespace, name) => services.find((s) => s.metadata.namespace === namespace && s.metadata.name === name),
  slices: (_namespace, name) => slices.filter((s) => s.metadata.labels?.['kubernetes.io/service-name'] === name),
  hasNamespace: (name) => name === 'default',
  serviceOfIP: (ip) => services.find((s) => s.spec.clusterIP === ip),
  slicesOfIP: (ip) => slices.filter((s) => s.endpoints.some((e) => e.addresses.includes(ip))),
};

function ask(name: string, type = 'A'): string {
  const answer: Answer = resolve({ name, type }, view, 'cluster.local');
  if (answer.kind !== 'noerror') return answer.kind;
  return answer.answers.map((r) => (r.type === 'SRV' ? `${r.data.target}:${r.data.port}` : r.data)).join(' ') || 'empty';
}

test.each([
  ['web.default.svc.cluster.local', 'A', '10.43.0.5'],
  ['WEB.default.svc.cluster.local.', 'A', '10.43.0.5'],
  ['web.default.svc.cluster.local', 'AAAA', 'empty'],
  ['_http._tcp.web.default.svc.cluster.local', 'SRV', 'web.default.svc.cluster.local:80'],
  ['_tcp.web.default.svc.cluster.local', 'SRV', 'empty'],
  ['_http._udp.web.default.svc.cluster.local', 'SRV', 'nxdomain'],
  ['nobody.default.svc.cluster.local', 'A', 'nxdomain'],
  ['x.web.default.svc.cluster.local', 'A', 'nxdomain'],
  ['web.nowhere.svc.cluster.local', 'A', 'nxdomain'],
  ['default.svc.cluster.local', 'A', 'empty'],
  ['nowhere.svc.cluster.local', 'A', 'nxdomain'],
  ['svc.cluster.local', 'A', 'empty'],
  ['cluster.local', 'A', 'empty'],
  ['dns-version.cluster.local', 'TXT', '1.1.0'],
  ['peers.default.svc.cluster.local', 'A', '10.42.0.2 10.42.0.3'],
  ['peer-0.peers.default.svc.cluster.local', 'A', '10.42.0.2'],
  ['10-42-0-3.peers.default.svc.cluster.local', 'A', '10.42.0.3'],
  ['_raft._tcp.peers.default.svc.cluster.local', 'SRV', 'peer-0.peers.default.svc.cluster.local:7000 10-42-0-3.peers.default.svc.cluster.local:7000'],
  ['elsewhere.default.svc.cluster.local', 'A', 'example.org'],
  ['10-1-2-3.default.pod.cluster.local', 'A', '10.1.2.3'],
  ['10-1-2-999.default.pod.cluster.local', 'A', 'nxdomain'],
  ['example.org', 'A', 'outside'],
  ['notcluster.local', 'A', 'outside'],
  ['5.0.43.10.in-addr.arpa', 'PTR', 'web.default.svc.cluster.local'],
  ['2.0.42.10.in-addr.arpa', 'PTR', 'peer-0.peers.default.svc.cluster.local'],
  ['1.1.1.1.in-addr.arpa', 'PTR', 'outside'],
  ['constructor.default.svc.cluster.local', 'A', 'nxdomain'],
])('%s %s', (name, type, expected) => {
  expect(ask(name, type)).toBe(expected);
});
