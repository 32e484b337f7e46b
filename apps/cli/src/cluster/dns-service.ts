import type { Clock } from '@rhythm/base';
import { addressesOf } from '../processes/app-specs.ts';
import { adminHttp, objectOf } from './admin-http.ts';
import { patientHttp } from './patient-http.ts';
import type { ClusterConfig } from '../config/cluster-config.ts';

const timeoutMs = 30_000;

/**
 * Makes sure of the Service by which pods reach the cluster's DNS. It has no selector: the dns app runs beside the node,
 * not in a pod, and the proxy's table sends the Service's port 53 to it. It is no `kubernetes.io/cluster-service`: `kubectl cluster-info` would print an address for
 * browsers, and there is nothing behind it that speaks HTTP.
 */
export async function ensureDnsService(config: ClusterConfig, clock: Clock): Promise<void> {
  const http = patientHttp(adminHttp(config), clock);
  try {
    const existing = await http.get('/api/v1/namespaces/kube-system/services/kube-dns', timeoutMs);
    if (existing.status === 200) return;
    const answer = await http.post('/api/v1/namespaces/kube-system/services', dnsService(addressesOf(config).dnsService), timeoutMs);
    if (answer.status !== 409) objectOf(answer, 'the DNS Service cannot be made');
  } finally {
    http.close();
  }
}

function dnsService(clusterIP: string): object {
  const port = (name: string, protocol: string): object => ({ name, protocol, port: 53, targetPort: 53 });
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/name': 'CoreDNS' } },
    spec: { clusterIP, ports: [port('dns', 'UDP'), port('dns-tcp', 'TCP')] },
  };
}
