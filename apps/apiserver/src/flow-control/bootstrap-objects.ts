import { mandatoryFlowSchemas, mandatoryPriorityLevels } from '@rhythm/api';
import type { FlowSchema, FlowSchemaSpec, PriorityLevelConfiguration, PriorityLevelConfigurationSpec, ResourcePolicyRule, Subject } from '@rhythm/api/types/flowcontrol-v1';

/** The flow schemas and priority levels of every cluster, as Kubernetes has them (`kubernetes-api/flowcontrol-bootstrap`). */
export const autoUpdate = 'apf.kubernetes.io/autoupdate-spec';
const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';

const everyPath = { verbs: ['*'], nonResourceURLs: ['*'] };
const everyResource: ResourcePolicyRule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true };
const group = (name: string): Subject => ({ kind: 'Group', group: { name } });
const user = (name: string): Subject => ({ kind: 'User', user: { name } });
const kubeSystem: Subject = { kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name: '*' } };
const anybody = [group('system:unauthenticated'), group('system:authenticated')];

function flows(level: string, precedence: number, by: 'ByUser' | 'ByNamespace' | undefined, subjects: Subject[], resourceRules: ResourcePolicyRule[] = [everyResource], nonResourceRules = [everyPath]): FlowSchemaSpec {
  return {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence: precedence,
    ...(by === undefined ? {} : { distinguisherMethod: { type: by } }),
    rules: [{ subjects, ...(resourceRules.length === 0 ? {} : { resourceRules }), ...(nonResourceRules.length === 0 ? {} : { nonResourceRules }) }],
  };
}

function queueing(shares: number, lendablePercent: number, queues: number, handSize = 6): PriorityLevelConfigurationSpec {
  return { type: 'Limited', limited: { nominalConcurrencyShares: shares, lendablePercent, limitResponse: { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } } } };
}

const suggestedLevels: Readonly<Record<string, PriorityLevelConfigurationSpec>> = {
  system: queueing(30, 33, 64),
  'node-high': queueing(40, 25, 64),
  'leader-election': queueing(10, 0, 16, 4),
  'workload-high': queueing(40, 50, 128),
  'workload-low': queueing(100, 90, 128),
  'global-default': queueing(20, 50, 128),
};

const leases = { apiGroups: ['coordination.k8s.io'], resources: ['leases'], namespaces: ['*'] };
const suggestedFlows: Readonly<Record<string, FlowSchemaSpec>> = {
  probes: flows('exempt', 2, undefined, anybody, [], [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }]),
  'system-leader-election': flows('leader-election', 100, 'ByUser', [user('system:kube-controller-manager'), user('system:kube-scheduler'), kubeSystem], [{ verbs: ['get', 'create', 'update'], ...leases }], []),
  'system-node-high': flows('node-high', 400, 'ByUser', [group('system:nodes')], [{ verbs: ['*'], apiGroups: [''], resources: ['nodes', 'nodes/status'], namespaces: ['*'], clusterScope: true }, { verbs: ['*'], ...leases }], []),
  'system-nodes': flows('system', 500, 'ByUser', [group('system:nodes')]),
  'kube-controller-manager': flows('workload-high', 800, 'ByNamespace', [user('system:kube-controller-manager')]),
  'kube-scheduler': flows('workload-high', 800, 'ByNamespace', [user('system:kube-scheduler')]),
  'kube-system-service-accounts': flows('workload-high', 900, 'ByNamespace', [kubeSystem]),
  'service-accounts': flows('workload-low', 9000, 'ByUser', [group('system:serviceaccounts')]),
  'global-default': flows('global-default', 9900, 'ByUser', anybody),
};

export interface Bootstrapped<T> {
  readonly object: T;
  /** Nobody may change it. */
  readonly mandatory: boolean;
}

function metadata(name: string): FlowSchema['metadata'] {
  return { name, annotations: { [autoUpdate]: 'true' } };
}

function level(name: string, spec: PriorityLevelConfigurationSpec, mandatory: boolean): Bootstrapped<PriorityLevelConfiguration> {
  return { object: { kind: 'PriorityLevelConfiguration', apiVersion, metadata: metadata(name), spec, status: {} }, mandatory };
}

function schema(name: string, spec: FlowSchemaSpec, mandatory: boolean): Bootstrapped<FlowSchema> {
  return { object: { kind: 'FlowSchema', apiVersion, metadata: metadata(name), spec, status: {} }, mandatory };
}

export const bootstrapLevels: ReadonlyArray<Bootstrapped<PriorityLevelConfiguration>> = [
  ...[...mandatoryPriorityLevels].map(([name, spec]) => level(name, spec as PriorityLevelConfigurationSpec, true)),
  ...Object.entries(suggestedLevels).map(([name, spec]) => level(name, spec, false)),
];

export const bootstrapFlows: ReadonlyArray<Bootstrapped<FlowSchema>> = [
  ...[...mandatoryFlowSchemas].map(([name, spec]) => schema(name, spec as FlowSchemaSpec, true)),
  ...Object.entries(suggestedFlows).map(([name, spec]) => schema(name, spec, false)),
];
