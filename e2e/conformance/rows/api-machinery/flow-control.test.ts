import type { V1FlowSchema, V1PriorityLevelConfiguration } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { row } from '../../harness/index.ts';
import { clusterResource } from '../lifecycle.ts';

const groupVersion = 'flowcontrol.apiserver.k8s.io/v1';
const status = { conditions: [{ type: 'Row', status: 'True', reason: 'Set', message: 'by a row', lastTransitionTime: '2000-01-01T00:00:00Z' }] };

row('apf-flowschema-api', async (k) => {
  await clusterResource(k, {
    groupVersion,
    resource: 'flowschemas',
    kind: 'FlowSchema',
    object: (name) => ({
      metadata: { name },
      spec: {
        // After all others: nobody's requests become its.
        matchingPrecedence: 10_000,
        priorityLevelConfiguration: { name: 'global-default' },
        rules: [{ subjects: [{ kind: 'User', user: { name: k.namespace } }], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['/never'] }] }],
      },
    }),
    isDefaulted: (object) => (object as V1FlowSchema).spec?.matchingPrecedence === 10_000,
    update: (object) => ({ ...object, spec: { ...(object as V1FlowSchema).spec, matchingPrecedence: 9_999 } }),
    isUpdated: (object) => (object as V1FlowSchema).spec?.matchingPrecedence === 9_999,
    status,
  });
  // Every answer says by which schema and level it came.
  const answer = await k.raw('GET', k.path('configmaps'));
  const exempt = await k.get<V1FlowSchema>(`/apis/${groupVersion}/flowschemas/exempt`);
  expect(answer.headers['x-kubernetes-pf-flowschema-uid']).toBe(exempt.metadata?.uid);
});

row('apf-prioritylevel-api', async (k) => {
  await clusterResource(k, {
    groupVersion,
    resource: 'prioritylevelconfigurations',
    kind: 'PriorityLevelConfiguration',
    object: (name) => ({ metadata: { name }, spec: { type: 'Limited', limited: { nominalConcurrencyShares: 2, limitResponse: { type: 'Reject' } } } }),
    isDefaulted: (object) => (object as V1PriorityLevelConfiguration).spec?.limited?.lendablePercent === 0,
    update: (object) => {
      const { spec } = object as V1PriorityLevelConfiguration;
      return { ...object, spec: { ...spec, limited: { ...spec?.limited, nominalConcurrencyShares: 4 } } };
    },
    isUpdated: (object) => (object as V1PriorityLevelConfiguration).spec?.limited?.nominalConcurrencyShares === 4,
    status,
  });
  const answer = await k.raw('GET', k.path('configmaps'));
  const exempt = await k.get<V1PriorityLevelConfiguration>(`/apis/${groupVersion}/prioritylevelconfigurations/exempt`);
  expect(answer.headers['x-kubernetes-pf-prioritylevel-uid']).toBe(exempt.metadata?.uid);
});
