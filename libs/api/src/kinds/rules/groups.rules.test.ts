import { createRules, defaultRules, statusRules, updateRules, withChange } from './testing.ts';

const scaler = { spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, minReplicas: 1, maxReplicas: 3, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }] } };
const m = 'spec.metrics[0]';
createRules('autoscaling/v2 HorizontalPodAutoscaler', scaler, [
  ['metadata.name', { 'metadata.name': 'A' }, 'metadata.name: Invalid value: "A"'],
  ['spec.minReplicas', { 'spec.minReplicas': 0 }, 'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1', 'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas'],
  ['spec.scaleTargetRef', { 'spec.scaleTargetRef.apiVersion': 'v1' }, 'spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group'],
  ['spec.scaleTargetRef', { 'spec.scaleTargetRef': { kind: 'ReplicationController', name: 'r' } }],
  ['spec.maxReplicas', { 'spec.maxReplicas': 0, 'spec.minReplicas': undefined }, 'spec.maxReplicas: Invalid value: 0: must be greater than 0', 'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`'],
  ['spec.scaleTargetRef', { 'spec.scaleTargetRef': { apiVersion: 'a/b/c', kind: '', name: 'a/b' } }, 'spec.scaleTargetRef.kind: Required value', "spec.scaleTargetRef.name: Invalid value: \"a/b\": may not contain '/'", 'spec.scaleTargetRef.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c'],
  ['spec.metrics[*].type', { [m]: { type: 'X' } }, `${m}.type: Unsupported value: "X": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"`, `${m}.type: Unsupported value: "X"`],
  ['spec.metrics[*].(source)', { [m]: { type: 'Pods' } }, `${m}.pods: Required value: must populate information for the given metric source`],
  ['spec.metrics[*].(source)', { [`${m}.pods`]: { metric: { name: 'n' }, target: { type: 'AverageValue', averageValue: '1' } } }, `${m}.pods: Forbidden: must populate the given metric source only`],
  ['spec.metrics[*].resource.name', { [`${m}.resource.name`]: '' }, `${m}.resource.name: Required value`],
  ['spec.metrics[*].containerResource', { [m]: { type: 'ContainerResource', containerResource: { name: 'cpu', container: '', target: { type: 'Utilization', averageUtilization: 1 } } } }, `${m}.containerResource.container: Required value`],
  ['spec.metrics[*].metric.name', { [m]: { type: 'Pods', pods: { metric: { name: '' }, target: { type: 'AverageValue', averageValue: '1' } } } }, `${m}.pods.metric.name: Required value: must specify a metric name`],
  ['spec.metrics[*].target.type', { [`${m}.resource.target.type`]: '' }, `${m}.resource.target.type: Required value: must specify a metric target type`, `${m}.resource.target.type: Invalid value: "": must be either Utilization`],
  ['spec.metrics[*].containerResource', { [m]: { type: 'ContainerResource', containerResource: { name: 'x', container: 'c', target: { type: 'Utilization', averageUtilization: 1 } } } }, `${m}.containerResource.name: Invalid value: "x": must be a standard resource type or fully qualified`, `${m}.containerResource.name: Invalid value: "x": must be a standard resource for containers`],
  ['spec.metrics[*].(source)', { [m]: { type: 'External', external: { metric: { name: 'n', selector: { matchLabels: { 'a b': '' } } }, target: { type: 'Value', value: '1' } } } }],
  ['spec.metrics[*].target.type', { [`${m}.resource.target.type`]: 'X' }, `${m}.resource.target.type: Invalid value: "X": must be either Utilization, Value, or AverageValue`],
  ['spec.metrics[*].target', { [`${m}.resource.target`]: { type: 'Utilization' } }, `${m}.resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization`],
  ['spec.metrics[*].target', { [`${m}.resource.target`]: { type: 'Utilization', averageUtilization: 0, averageValue: '0' } }, `${m}.resource.target.averageValue: Invalid value: "0": must be positive`, `${m}.resource.target.averageUtilization: Invalid value: 0: must be greater than 0`, `${m}.resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization`],
  ['spec.metrics[*].target', { [m]: { type: 'External', external: { metric: { name: 'n' }, target: { type: 'Value' } } } }, `${m}.external.target.averageValue: Required value: must set either a target value for metric or a per-pod target`],
  ['spec.metrics[*].target', { [m]: { type: 'Object', object: { describedObject: { kind: 'K', name: 'n' }, metric: { name: 'n' }, target: { type: 'Value' } } } }, `${m}.object.target.averageValue: Required value: must set either a target value or averageValue`],
  ['spec.behavior.scaleUp, scaleDown', { 'spec.behavior': { scaleUp: { stabilizationWindowSeconds: 3601, selectPolicy: 'X' } } }, 'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600', 'spec.behavior.scaleUp.selectPolicy: Unsupported value: "X": supported values: "Disabled", "Max", "Min"'],
  ['spec.behavior.*.policies[*]', { 'spec.behavior': { scaleDown: { policies: [{ type: 'X', value: 0, periodSeconds: 1801 }] } } }, 'spec.behavior.scaleDown.policies[0].type: Unsupported value: "X": supported values: "Percent", "Pods"', 'spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero', 'spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800'],
]);
statusRules('autoscaling/v2 HorizontalPodAutoscaler', scaler, [['status', { 'status.currentReplicas': -1, 'status.desiredReplicas': -1 }, 'status.currentReplicas: Invalid value: -1', 'status.desiredReplicas: Invalid value: -1']]);
updateRules('autoscaling/v2 HorizontalPodAutoscaler', withChange(scaler, { 'spec.scaleTargetRef.apiVersion': 'v1' }), [['spec', { 'spec.maxReplicas': 9 }], ['spec', { 'spec.scaleTargetRef.kind': 'K' }, 'spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group']]);
updateRules('autoscaling/v2 HorizontalPodAutoscaler', scaler, [['spec', { 'spec.maxReplicas': 9 }]]);
defaultRules('autoscaling/v2 HorizontalPodAutoscaler', [
  ['spec.minReplicas', withChange(scaler, { 'spec.minReplicas': undefined }), { 'spec.minReplicas': 1 }],
  ['spec.metrics', withChange(scaler, { 'spec.metrics': undefined }), { 'spec.metrics': [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }] }],
  ['spec.behavior.scaleUp.policies', withChange(scaler, { 'spec.behavior': {} }), { 'spec.behavior.scaleUp': { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, { type: 'Percent', value: 100, periodSeconds: 15 }] }, 'spec.behavior.scaleDown': { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] } }],
]);
createRules('autoscaling/v1 HorizontalPodAutoscaler', { spec: { scaleTargetRef: { apiVersion: 'a/v1', kind: 'D', name: 'd' }, maxReplicas: 3 } }, [['spec.minReplicas', { 'spec.minReplicas': 0 }, 'spec.minReplicas: Invalid value: 0', 'spec.metrics: Forbidden']]);
createRules('autoscaling/v1 Scale', { spec: { replicas: 1 } }, [['spec.replicas', { 'spec.replicas': -1 }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0']]);

const budget = { spec: { minAvailable: 1, selector: {} } };
createRules('policy/v1 PodDisruptionBudget', budget, [
  ['metadata.name', { 'metadata.name': 'A' }, 'metadata.name: Invalid value: "A"'],
  ['spec', { 'spec.maxUnavailable': 1 }, 'spec: Invalid value: {"MinAvailable":1,"Selector":{},"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set'],
  ['spec.minAvailable, maxUnavailable', { 'spec.minAvailable': '101%' }, 'spec.minAvailable: Invalid value: "101%": must not be greater than 100%'],
  ['spec.minAvailable, maxUnavailable', { 'spec.minAvailable': -1 }, 'spec.minAvailable: Invalid value: -1: must be greater than or equal to 0'],
  ['spec.selector', { 'spec.selector': { matchExpressions: [{ key: 'a', operator: 'Is' }] } }, 'spec.selector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator'],
  ['spec.unhealthyPodEvictionPolicy', { 'spec.unhealthyPodEvictionPolicy': 'X' }, 'spec.unhealthyPodEvictionPolicy: Unsupported value: "X": supported values: "AlwaysAllow", "IfHealthyBudget"'],
]);
updateRules('policy/v1 PodDisruptionBudget', budget, [['spec', { 'spec.selector': { matchLabels: { a: 'b' } } }]]);
statusRules('policy/v1 PodDisruptionBudget', budget, [['status', { 'status.conditions': [{ type: 'a b', status: 'X', reason: '1', observedGeneration: -1 }] }, 'status.conditions[0].type: Invalid value: "a b"', 'status.conditions[0].status: Unsupported value: "X": supported values: "False", "True", "Unknown"', 'status.conditions[0].observedGeneration: Invalid value: -1: must be greater than or equal to zero', 'status.conditions[0].lastTransitionTime: Required value: must be set', 'status.conditions[0].reason: Invalid value: "1": a condition reason must start with'], ['status', { 'status.disruptionsAllowed': -1, 'status.expectedPods': -1 }, 'status.disruptionsAllowed: Invalid value: -1', 'status.expectedPods: Invalid value: -1']]);
defaultRules('policy/v1 PodDisruptionBudget', [['metadata.generation', budget, { 'metadata.generation': 1, status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 } }]]);

const rules = { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] };
for (const [kind, namespaced] of [['Role', true], ['ClusterRole', false]] as const) {
  createRules(`rbac.authorization.k8s.io/v1 ${kind}`, rules, [
    ['metadata.name', { 'metadata.name': 'a/b' }, "metadata.name: Invalid value: \"a/b\": may not contain '/'"],
    ['rules[*].verbs', { 'rules[0].verbs': [] }, 'rules[0].verbs: Required value: verbs must contain at least one value'],
    ['rules[*].apiGroups, resources', { 'rules[0].apiGroups': [], 'rules[0].resources': [] }, 'rules[0].apiGroups: Required value: resource rules must supply at least one api group', 'rules[0].resources: Required value: resource rules must supply at least one resource'],
    ['rules[*].nonResourceURLs', { 'rules[0].nonResourceURLs': ['/x'] }, ...(namespaced ? ['rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs'] : []), 'rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs'],
  ], 'Role, ClusterRole');
}
createRules('rbac.authorization.k8s.io/v1 ClusterRole', rules, [['aggregationRule.clusterRoleSelectors', { aggregationRule: {} }, 'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil']], 'Role, ClusterRole');
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' };
const binding = { roleRef, subjects: [{ kind: 'User', name: 'u' }] };
createRules('rbac.authorization.k8s.io/v1 ClusterRoleBinding', binding, [
  ['roleRef.apiGroup', { 'roleRef.apiGroup': 'x' }, 'roleRef.apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io"'],
  ['roleRef.kind', { 'roleRef.kind': 'Role' }, 'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
  ['roleRef.name', { 'roleRef.name': '' }, 'roleRef.name: Required value'],
  ['subjects[*].kind', { 'subjects[0].kind': 'X' }, 'subjects[0].kind: Unsupported value: "X": supported values: "ServiceAccount", "User", "Group"'],
  ['subjects[*].name', { 'subjects[0].name': '' }, 'subjects[0].name: Required value'],
  ['subjects[*].name', { 'subjects[0]': { kind: 'ServiceAccount', name: 'A', namespace: 'n' } }, 'subjects[0].name: Invalid value: "A": a lowercase RFC 1123 subdomain'],
  ['subjects[*].apiGroup', { 'subjects[0].apiGroup': 'x' }, 'subjects[0].apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io"'],
  ['subjects[*].namespace', { 'subjects[0]': { kind: 'ServiceAccount', name: 'a' } }, 'subjects[0].namespace: Required value'],
], 'RoleBinding, ClusterRoleBinding');
updateRules('rbac.authorization.k8s.io/v1 RoleBinding', withChange(binding, { 'subjects': [{ kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' }] }), [['roleRef', { 'roleRef.name': 's' }, 'roleRef: Invalid value: ']]);
for (const kind of ['Role', 'ClusterRole']) updateRules(`rbac.authorization.k8s.io/v1 ${kind}`, { rules: [] }, [['rules', { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }]]);
updateRules('rbac.authorization.k8s.io/v1 ClusterRoleBinding', binding, [['roleRef', { 'roleRef.name': 's' }, 'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"ClusterRole","Name":"s"}: cannot change roleRef']]);
defaultRules('rbac.authorization.k8s.io/v1 RoleBinding', [['roleRef.apiGroup', { roleRef: { kind: 'Role', name: 'r' }, subjects: [{ kind: 'Group', name: 'g' }, { kind: 'ServiceAccount', name: 's' }] }, { 'roleRef.apiGroup': 'rbac.authorization.k8s.io', 'subjects[0].apiGroup': 'rbac.authorization.k8s.io', 'subjects[1].apiGroup': undefined }]]);

createRules('scheduling.k8s.io/v1 PriorityClass', { value: 5 }, [
  ['metadata.name', { 'metadata.name': 'system-x' }, "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-x is not a known system priority class"],
  ['metadata.name', { 'metadata.name': 'system-node-critical', value: 2000001000 }],
  ['value', { value: 1000000001 }, 'value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
  ['preemptionPolicy', { preemptionPolicy: 'X' }, 'preemptionPolicy: Unsupported value: "X": supported values: "PreemptLowerPriority", "Never"'],
]);
updateRules('scheduling.k8s.io/v1 PriorityClass', { value: 5 }, [
  ['value', { value: 6 }, 'value: Forbidden: may not be changed in an update.'],
  ['preemptionPolicy', { preemptionPolicy: 'Never' }, 'preemptionPolicy: Invalid value: "Never": field is immutable'],
  ['globalDefault, description', { globalDefault: true, description: 'd' }],
]);
defaultRules('scheduling.k8s.io/v1 PriorityClass', [['preemptionPolicy', { value: 1 }, { preemptionPolicy: 'PreemptLowerPriority' }]]);

createRules('node.k8s.io/v1 RuntimeClass', { handler: 'h' }, [
  ['handler', { handler: '' }, 'handler: Invalid value: "": a lowercase RFC 1123 label'],
  ['handler', { handler: 'A' }, 'handler: Invalid value: "A": a lowercase RFC 1123 label'],
  ['overhead.podFixed', { overhead: { podFixed: { cpu: '-1' } } }, 'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
  ['scheduling.nodeSelector', { scheduling: { nodeSelector: { 'a b': '' } } }, 'scheduling.nodeSelector: Invalid value: "a b"'],
  ['scheduling.tolerations', { scheduling: { tolerations: [{ operator: 'Equal' }] } }, 'scheduling.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty'],
  ['scheduling.tolerations', { scheduling: { tolerations: [{ operator: 'Exists' }, { operator: 'Exists' }] } }, 'scheduling.tolerations[1]: Duplicate value: '],
]);
updateRules('node.k8s.io/v1 RuntimeClass', { handler: 'h' }, [['handler', { handler: 'i' }, 'handler: Invalid value: "i": field is immutable'], ['overhead, scheduling', { overhead: { podFixed: { cpu: '1' } } }]]);

createRules('coordination.k8s.io/v1 Lease', { spec: { leaseDurationSeconds: 1 } }, [
  ['metadata.name', { 'metadata.name': 'A' }, 'metadata.name: Invalid value: "A"'],
  ['spec.leaseDurationSeconds', { 'spec.leaseDurationSeconds': 0 }, 'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0'],
  ['spec.leaseTransitions', { 'spec.leaseTransitions': -1 }, 'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0'],
]);
createRules('coordination.k8s.io/v1 Lease', { spec: {} }, [['spec.strategy, preferredHolder', { 'spec.preferredHolder': 'a' }]]);
updateRules('apiregistration.k8s.io/v1 APIService', { metadata: { name: 'v1.a.b' }, spec: { group: 'a.b', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 } }, [
  ['metadata.name', { 'spec.version': 'v2' }, 'metadata.name: Invalid value: "v1.a.b": must be `spec.version+"."+spec.group`: "v2.a.b"'],
  ['spec', { 'spec.groupPriorityMinimum': 5 }],
]);
updateRules('coordination.k8s.io/v1 Lease', { spec: { holderIdentity: 'a' } }, [['spec', { 'spec.holderIdentity': 'b' }]]);
