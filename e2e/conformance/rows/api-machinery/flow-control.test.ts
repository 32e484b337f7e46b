import type { V1FlowSchema, V1PriorityLevelConfiguration } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { row } from '../../harness/index.ts';
import { everyVerb } from '../verbs.ts';

const groupVersion = 'flowcontrol.apiserver.k8s.io/v1';
const conditions = (message: string): object => ({ conditions: [{ type: 'Row', status: 'True', reason: 'Set', message, lastTransitionTime: '2000-01-01T00:00:00Z' }] });
const status = { patch: conditions('patched'), update: conditions('updated') };

row('apf-flowschema-api', async (k) => {
  await everyVerb(k, {
    groupVersion,
    resource: 'flowschemas',
    kind: 'FlowSchema',
    namespaced: false,
    // After all others: nobody's requests become its.
    body: () => ({ spec: { matchingPrecedence: 10_000, priorityLevelConfiguration: { name: 'global-default' }, rules: [{ subjects: [{ kind: 'User', user: { name: k.namespace } }], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['/never'] }] }] } }),
    change: { spec: { matchingPrecedence: 9_999 }, metadata: { generation: 2 } },
    status,
    isControlled: true,
  });
  // Every answer says by which schema and level it came.
  const answer = await k.raw('GET', k.path('configmaps'));
  const exempt = await k.get<V1FlowSchema>(`/apis/${groupVersion}/flowschemas/exempt`);
  expect(answer.headers['x-kubernetes-pf-flowschema-uid']).toBe(exempt.metadata?.uid);
});

row('apf-prioritylevel-api', async (k) => {
  await everyVerb(k, {
    groupVersion,
    resource: 'prioritylevelconfigurations',
    kind: 'PriorityLevelConfiguration',
    namespaced: false,
    body: () => ({ spec: { type: 'Limited', limited: { nominalConcurrencyShares: 2, limitResponse: { type: 'Reject' } } } }),
    // What was not said is filled in.
    change: { spec: { limited: { nominalConcurrencyShares: 4, lendablePercent: 0 } }, metadata: { generation: 2 } },
    status,
    isControlled: true,
  });
  const answer = await k.raw('GET', k.path('configmaps'));
  const exempt = await k.get<V1PriorityLevelConfiguration>(`/apis/${groupVersion}/prioritylevelconfigurations/exempt`);
  expect(answer.headers['x-kubernetes-pf-prioritylevel-uid']).toBe(exempt.metadata?.uid);
});
