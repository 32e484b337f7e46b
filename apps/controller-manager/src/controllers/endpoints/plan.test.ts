import { expect, test } from 'vitest';
import type { Pod, Service } from '@rhythm/api/types/core-v1';
import { planEndpoints } from './plan.ts';

const pod = (uid: string, podIP: string): Pod => ({
  metadata: { name: uid, namespace: 'n', uid, labels: { app: 'web' } },
  spec: { containers: [], nodeName: 'node' },
  status: { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions: [{ type: 'Ready', status: 'True' }] },
});
const service = { metadata: { name: 's', namespace: 'n' }, spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 80 }], clusterIP: '10.1.0.1' }, status: {} } as unknown as Service;

test('addresses are in order, whatever order the pods came in', () => {
  const { subsets } = planEndpoints(service, [pod('a', '10.0.0.3'), pod('b', '10.0.0.1'), pod('c', '10.0.0.2')], undefined);
  expect(subsets?.[0]?.addresses?.map(({ ip }) => ip)).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
});
