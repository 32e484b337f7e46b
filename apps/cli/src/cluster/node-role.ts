import type { Clock } from '@rhythm/base';
import { adminHttp, objectOf } from './admin-http.ts';
import { patientHttp } from './patient-http.ts';
import type { ClusterConfig } from '../config/cluster-config.ts';

const label = 'node-role.kubernetes.io/control-plane';
const timeoutMs = 30_000;

/**
 * Marks the node beside the apiserver, so that `kubectl get nodes` shows its role. The administrator does it: NodeRestriction
 * refuses labels of roles from kubelets. There is no taint with it, as nowhere else could pods run.
 */
export async function ensureNodeRole(config: ClusterConfig, clock: Clock): Promise<void> {
  const http = patientHttp(adminHttp(config), clock);
  const path = `/api/v1/nodes/${config.nodeName}`;
  try {
    const { metadata } = objectOf<{ metadata: { labels?: Record<string, string> } }>(await http.get(path, timeoutMs), `node ${config.nodeName} cannot be read`);
    if (metadata.labels?.[label] !== undefined) return;
    objectOf(await http.patch(path, { metadata: { labels: { [label]: '' } } }, timeoutMs), `the role of node ${config.nodeName} cannot be set`);
  } finally {
    http.close();
  }
}
