import { createRules } from './testing.ts';
import type { RuleCase } from './testing.ts';

/* The words that the tables describe values with, each by a field that is of it; and the rule of every kind's name. */

const label63 = 'a'.repeat(64);
const pod = { spec: { containers: [{ name: 'c', image: 'i:1' }] } };
const c = 'spec.containers[0]';
createRules('v1 Pod', pod, [
  ['dns1123label', { 'spec.hostname': 'a.b' }, 'spec.hostname: Invalid value: "a.b": must not contain dots'],
  ['dns1123label', { 'spec.hostname': label63 }, `spec.hostname: Invalid value: "${label63}": must be no more than 63 bytes`],
  ['dns1123subdomain', { 'spec.nodeName': `${label63}.b` }],
  ['labelvalue', { 'metadata.labels': { a: '-b' } }, 'metadata.labels: Invalid value: "-b": a valid label must be an empty string or consist of'],
  ['portnum', { [`${c}.ports`]: [{ containerPort: 65536 }] }, `${c}.ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive`],
  ['portname', { [`${c}.ports`]: [{ containerPort: 1, name: '80' }, { containerPort: 2, name: 'a--b' }, { containerPort: 3, name: '-a' }, { containerPort: 4, name: 'a'.repeat(16) }] },
    `${c}.ports[0].name: Invalid value: "80": must contain at least one letter (a-z)`, `${c}.ports[1].name: Invalid value: "a--b": must not contain consecutive hyphens`,
    `${c}.ports[2].name: Invalid value: "-a": must not begin or end with a hyphen`, `${c}.ports[3].name: Invalid value: "aaaaaaaaaaaaaaaa": must be no more than 15 bytes`],
  ['envvarname', { [`${c}.env`]: [{ name: 'a.b-c d' }, { name: 'a=b' }, { name: 'ä' }] }, `${c}.env[1].name: Invalid value: "a=b": a valid environment variable name must consist only of printable ASCII characters other than '='`, `${c}.env[2].name: Invalid value: "ä"`],
  ['id', { 'spec.securityContext.runAsUser': 2147483648 }, 'spec.securityContext.runAsUser: Invalid value: 2147483648: must be between 0 and 2147483647, inclusive'],
  ['legacyip', { 'spec.hostAliases': [{ ip: '1.2.3' }, { ip: '2001:db8::1' }] }, 'spec.hostAliases[0].ip: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  ['descendingpath', { 'spec.volumes': [{ name: 'v', emptyDir: {} }], [`${c}.volumeMounts`]: [{ name: 'v', mountPath: '/a', subPath: 'a/..' }] }, `${c}.volumeMounts.subPath: Invalid value: "a/..": must not contain '..'`],
  ['nonreservedpath', { 'spec.volumes': [{ name: 'v', secret: { secretName: 's', items: [{ key: 'k', path: '..a' }] } }] }, `spec.volumes[0].secret.items[0].path: Invalid value: "..a": must not start with '..'`],
  ['filemode', { 'spec.volumes': [{ name: 'v', secret: { secretName: 's', defaultMode: -1 } }] }, 'spec.volumes[0].secret.defaultMode: Invalid value: -1: must be a number between 0 and 0777 (octal), both inclusive'],
], 'named rule');
const service = { spec: { ports: [{ port: 80 }] } };
createRules('v1 Service', service, [
  ['dns1035label', { 'metadata.name': '1a' }, 'metadata.name: Invalid value: "1a": a DNS-1035 label must consist of lower case alphanumeric characters or \'-\', start with an alphabetic character'],
  ['legacycidr', { 'spec.type': 'LoadBalancer', 'spec.loadBalancerSourceRanges': [' 10.1.2.3/8', '10.0.0.0'] }, 'spec.LoadBalancerSourceRanges[1]: Invalid value: "10.0.0.0": must be a valid CIDR value'],
  ['legacyip', { 'spec.clusterIP': '1.2.3.400' }, 'spec.clusterIPs[0]: Invalid value: "1.2.3.400": must be a valid IP address'],
], 'named rule');
const backend = { service: { name: 's', port: { number: 80 } } };
createRules('networking.k8s.io/v1 Ingress', { spec: { defaultBackend: backend } }, [
  ['wildcarddns1123subdomain', { 'spec.rules': [{ host: 'a.*.b' }] }, `spec.rules[0].host: Invalid value: "a.*.b": a wildcard DNS-1123 subdomain must start with '*.'`],
  ['wildcarddns1123subdomain', { 'spec.rules': [{ host: '*.a.b' }] }],
], 'named rule');
createRules('networking.k8s.io/v1 IPAddress', { metadata: { name: '10.0.0.1' }, spec: { parentRef: { resource: 'services', name: 's' } } }, [
  ['strictip', { 'metadata.name': '2001:DB8::1' }, 'metadata.name: Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")'],
  ['strictip', { 'metadata.name': '::ffff:10.0.0.1' }, 'metadata.name: Invalid value: "::ffff:10.0.0.1": must not be an IPv4-mapped IPv6 address'],
  ['strictip', { 'metadata.name': '2001:0:0:1:0:0:0:1' }, 'metadata.name: Invalid value: "2001:0:0:1:0:0:0:1": must be in canonical form ("2001:0:0:1::1")'],
  ['strictip', { 'metadata.name': '::' }],
  ['strictip', { 'metadata.name': '10.0.0.01' }, 'metadata.name: Invalid value: "10.0.0.01"'],
], 'named rule');
const selected = { spec: { selector: { matchLabels: { a: 'b' } } } };
createRules('policy/v1 PodDisruptionBudget', selected, [
  ['labelselector', { 'spec.selector': { matchLabels: { 'a b': 'c' } } }, 'spec.selector.matchLabels: Invalid value: "a b"'],
  ['labelselector', { 'spec.selector.matchExpressions': [{ key: 'a', operator: 'In' }, { key: 'a', operator: 'Exists', values: ['x'] }, { key: 'a', operator: 'Is' }, { key: 'a b', operator: 'Exists' }] },
    "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'", "spec.selector.matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
    'spec.selector.matchExpressions[2].operator: Invalid value: "Is": not a valid selector operator', 'spec.selector.matchExpressions[3].key: Invalid value: "a b"'],
  ['intorpercent', { 'spec.minAvailable': 'x' }, "spec.minAvailable: Invalid value: \"x\": a valid percent string must be a numeric string followed by an ending '%'"],
  ['percent', { 'spec.minAvailable': '101%' }, 'spec.minAvailable: Invalid value: "101%": must not be greater than 100%'],
  ['percent', { 'spec.minAvailable': '100%' }],
  ['nonneg', { 'spec.minAvailable': -1 }, 'spec.minAvailable: Invalid value: -1: must be greater than or equal to 0'],
], 'named rule');
createRules('coordination.k8s.io/v1 Lease', { spec: {} }, [['positive', { 'spec.leaseDurationSeconds': 0 }, 'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0']], 'named rule');
createRules('rbac.authorization.k8s.io/v1 ClusterRole', { rules: [] }, [
  ['pathsegment', { 'metadata.name': 'a/b%c' }, `metadata.name: Invalid value: "a/b%c": may not contain '/'`, `metadata.name: Invalid value: "a/b%c": may not contain '%'`],
  ['pathsegment', { 'metadata.name': '..' }, `metadata.name: Invalid value: "..": may not be '..'`],
  ['pathsegment', { 'metadata.name': 'system:A b' }],
], 'named rule');
const jobSpec = { template: { spec: { containers: [{ name: 'c', image: 'i' }], restartPolicy: 'Never' } } };
createRules('batch/v1 Job', { spec: jobSpec }, [['domainprefixedpath', { 'spec.managedBy': 'acme.io' }, 'spec.managedBy: Invalid value: "acme.io": must be a domain-prefixed path (such as "acme.io/foo")']], 'named rule');
const hook = { name: 'a.b.c', clientConfig: { url: 'https://x' }, sideEffects: 'None', admissionReviewVersions: ['v1'] };
createRules('admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration', { webhooks: [hook] }, [['fqname', { 'webhooks[0].name': 'b.c' }, 'webhooks[0].name: Invalid value: "b.c": should be a domain with at least three segments separated by dots']], 'named rule');
const policy = { spec: { matchConstraints: { resourceRules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }] }, validations: [{ expression: 'true' }] } };
createRules('admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy', policy, [['cidentifier', { 'spec.variables': [{ name: 'a-b', expression: 'true' }] }, 'spec.variables[0].name: Invalid value: "a-b"']], 'named rule');

/** A bad name, and how its refusal begins. */
const badNames: Readonly<Record<string, RuleCase>> = {
  subdomain: ['metadata.name', { 'metadata.name': 'A_b' }, 'metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain'],
  segment: ['metadata.name', { 'metadata.name': 'a/b' }, `metadata.name: Invalid value: "a/b": may not contain '/'`],
};
const labels = { app: 'x' };
const workload = { spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod.spec } } };
const subject = { kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' };
const named: readonly (readonly [name: string, good: object, rule: string])[] = [
  ['v1 Pod', pod, 'subdomain'], ['v1 ReplicationController', { spec: { selector: labels, template: workload.spec.template } }, 'subdomain'], ['v1 Node', {}, 'subdomain'], ['v1 LimitRange', { spec: { limits: [] } }, 'subdomain'],
  ['v1 ResourceQuota', { spec: {} }, 'subdomain'], ['v1 Secret', {}, 'subdomain'], ['v1 ServiceAccount', {}, 'subdomain'], ['v1 Endpoints', {}, 'subdomain'], ['v1 ConfigMap', {}, 'subdomain'],
  ['v1 PersistentVolume', { spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], nfs: { server: 's', path: '/' } } }, 'subdomain'],
  ['v1 PersistentVolumeClaim', { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }, 'subdomain'], ['v1 PodTemplate', { template: workload.spec.template }, 'subdomain'],
  ['apps/v1 Deployment', workload, 'subdomain'], ['apps/v1 DaemonSet', workload, 'subdomain'], ['apps/v1 ReplicaSet', workload, 'subdomain'], ['apps/v1 ControllerRevision', { data: { a: 1 }, revision: 1 }, 'subdomain'],
  ['networking.k8s.io/v1 Ingress', { spec: { defaultBackend: backend } }, 'subdomain'], ['networking.k8s.io/v1 IngressClass', { spec: { controller: 'a.b/c' } }, 'subdomain'], ['networking.k8s.io/v1 NetworkPolicy', { spec: { podSelector: {} } }, 'subdomain'], ['networking.k8s.io/v1 ServiceCIDR', { spec: { cidrs: ['10.0.0.0/8'] } }, 'subdomain'],
  ['rbac.authorization.k8s.io/v1 Role', { rules: [] }, 'segment'], ['rbac.authorization.k8s.io/v1 ClusterRole', { rules: [] }, 'segment'],
  ['rbac.authorization.k8s.io/v1 RoleBinding', { roleRef: { kind: 'Role', name: 'r', apiGroup: 'rbac.authorization.k8s.io' }, subjects: [subject] }, 'segment'], ['rbac.authorization.k8s.io/v1 ClusterRoleBinding', { roleRef: { kind: 'ClusterRole', name: 'r', apiGroup: 'rbac.authorization.k8s.io' }, subjects: [subject] }, 'segment'],
  ['storage.k8s.io/v1 StorageClass', { provisioner: 'a.b/c' }, 'subdomain'], ['storage.k8s.io/v1 VolumeAttachment', { spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'p' } } }, 'subdomain'], ['storage.k8s.io/v1 CSIStorageCapacity', { storageClassName: 's' }, 'subdomain'],
  ['storage.k8s.io/v1 VolumeAttributesClass', { driverName: 'd', parameters: { a: 'b' } }, 'subdomain'], ['storage.k8s.io/v1 CSINode', { spec: { drivers: [] } }, 'subdomain'],
  ['discovery.k8s.io/v1 EndpointSlice', { addressType: 'IPv4', endpoints: [], ports: [] }, 'subdomain'], ['node.k8s.io/v1 RuntimeClass', { handler: 'h' }, 'subdomain'],
  ['admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration', {}, 'subdomain'], ['admissionregistration.k8s.io/v1 MutatingWebhookConfiguration', {}, 'subdomain'], ['admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy', policy, 'subdomain'],
  ['admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding', { spec: { policyName: 'p', validationActions: ['Deny'] } }, 'subdomain'],
  ['flowcontrol.apiserver.k8s.io/v1 FlowSchema', { spec: { priorityLevelConfiguration: { name: 'p' } } }, 'subdomain'], ['flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration', { spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } } }, 'subdomain'],
];
for (const [name, good, rule] of named) {
  const bad = badNames[rule];
  if (bad !== undefined) createRules(name, good, [bad]);
}
