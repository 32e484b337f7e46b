import type { V1ValidatingAdmissionPolicy, V1ValidatingAdmissionPolicyBinding } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { row, type Context } from '../../harness/index.ts';
import { everyVerb } from '../verbs.ts';

const group = '/apis/admissionregistration.k8s.io/v1';
const policies = `${group}/validatingadmissionpolicies`;
const bindings = `${group}/validatingadmissionpolicybindings`;

const policyOf = (k: Context, name: string, more: object): { metadata: object; spec: object } => ({
  metadata: { name },
  spec: {
    matchConstraints: {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': k.namespace } },
      resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['deployments'] }],
    },
    ...more,
  },
});

const bindingOf = (name: string, policyName: string): object => ({ metadata: { name }, spec: { policyName, validationActions: ['Deny'] } });

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } };
const workload = (name: string, replicas: number): object => ({ metadata: { name }, spec: { replicas, paused: true, selector: { matchLabels: { app: 'web' } }, template } });
const replicaSet = (name: string): object => ({ metadata: { name }, spec: { replicas: 0, selector: { matchLabels: { app: 'web' } }, template } });

async function enforce(k: Context, more: object): Promise<string> {
  const name = k.unique('policy');
  await k.create(policies, policyOf(k, name, more));
  const deployments = k.path('apps/v1', 'deployments');
  // Not before a binding is there.
  await k.create(deployments, workload('unbound', 1));
  await k.create(bindings, bindingOf(`${name}-binding`, name));
  return name;
}

row('vap-deployment', async (k) => {
  const deployments = k.path('apps/v1', 'deployments');
  const name = await enforce(k, { validations: [{ expression: 'object.spec.replicas > 1', messageExpression: "'wants replicas > 1, got ' + string(object.spec.replicas)" }] });
  await k.fails(k.raw('POST', deployments, { body: workload('few', 1) }), { code: 422, reason: 'Invalid', message: `ValidatingAdmissionPolicy '${name}' with binding '${name}-binding' denied request: wants replicas > 1, got 1` });
  expect((await k.raw('GET', `${deployments}/few`)).code).toBe(404);
  await k.create(deployments, workload('many', 2));
  await k.fails(k.patch(`${deployments}/many`, { spec: { replicas: 1 } }), { code: 422, reason: 'Invalid' });
  // Nobody else is asked.
  await k.create(k.path('apps/v1', 'replicasets'), replicaSet('other'));
});

row('vap-variables', async (k) => {
  const deployments = k.path('apps/v1', 'deployments');
  await enforce(k, {
    variables: [
      { name: 'replicas', expression: 'object.spec.replicas' },
      { name: 'oddReplicas', expression: 'variables.replicas % 2 == 1' },
    ],
    validations: [{ expression: 'variables.replicas > 1' }, { expression: 'variables.oddReplicas' }],
  });
  await k.fails(k.raw('POST', deployments, { body: workload('one', 1) }), { code: 422, reason: 'Invalid', message: 'failed expression: variables.replicas > 1' });
  await k.fails(k.raw('POST', deployments, { body: workload('two', 2) }), { code: 422, reason: 'Invalid', message: 'failed expression: variables.oddReplicas' });
  await k.create(deployments, workload('three', 3));
  await k.create(k.path('apps/v1', 'replicasets'), replicaSet('other'));
});

const conditions = (message: string): object => ({ conditions: [{ type: 'Row', status: 'True', reason: 'Set', message, lastTransitionTime: '2000-01-01T00:00:00Z' }] });

row('vap-policy-api', async (k) => {
  const { spec } = policyOf(k, '', { validations: [{ expression: 'object.spec.replicas <= 100' }] });
  const made = await k.create<V1ValidatingAdmissionPolicy>(policies, { metadata: { name: k.unique('policy') }, spec });
  expect([made.spec?.failurePolicy, made.spec?.matchConstraints?.matchPolicy, made.metadata?.generation]).toEqual(['Fail', 'Equivalent', 1]);
  await everyVerb(k, {
    groupVersion: 'admissionregistration.k8s.io/v1',
    resource: 'validatingadmissionpolicies',
    kind: 'ValidatingAdmissionPolicy',
    namespaced: false,
    body: () => ({ spec }),
    change: { spec: { failurePolicy: 'Ignore' }, metadata: { generation: 2 } },
    status: { patch: conditions('patched'), update: conditions('updated') },
    isControlled: true,
  });
});

row('vap-binding-api', async (k) => {
  const spec = { policyName: `no-policy-${k.namespace}`, validationActions: ['Deny'], matchResources: { namespaceSelector: { matchLabels: { never: k.namespace } } } };
  const made = await k.create<V1ValidatingAdmissionPolicyBinding>(bindings, { metadata: { name: k.unique('binding') }, spec });
  expect([made.spec?.matchResources?.matchPolicy, made.metadata?.generation]).toEqual(['Equivalent', 1]);
  await everyVerb(k, {
    groupVersion: 'admissionregistration.k8s.io/v1',
    resource: 'validatingadmissionpolicybindings',
    kind: 'ValidatingAdmissionPolicyBinding',
    namespaced: false,
    body: () => ({ spec }),
    change: { spec: { validationActions: ['Warn'] }, metadata: { generation: 2 } },
  });
});
