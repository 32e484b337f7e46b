import { formatTime } from '@rhythm/base';
import { expect, test } from 'vitest';
import type { KubeObject } from '../resource.ts';
import { kindRegistry } from './registry.ts';

const now = 1_750_000_000_000;
const creationTimestamp = formatTime(now - 90_000);
const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i:1' }, { name: 'd', image: 'j:2' }] } };
const selector = { matchLabels: { a: 'b' } };
const replicas = { spec: { replicas: 3, selector, template }, status: { replicas: 2, readyReplicas: 1 } };
const subjects = [{ kind: 'User', name: 'ann' }, { kind: 'Group', name: 'devs' }, { kind: 'ServiceAccount', namespace: 'n', name: 'sa' }];
const hooks = { webhooks: [{ name: 'a' }, { name: 'b' }] };

/**
 * What kubectl shows of one object of each kind that cells.test.ts says nothing of, wide, every cell: `groupVersion resource`. All are
 * called `x` and are 90 s old.
 */
const rows: readonly (readonly [of: string, object: object, ...cells: readonly unknown[]])[] = [
  ['v1 componentstatuses', { conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }] }, 'x', 'Healthy', 'ok', ''],
  ['v1 componentstatuses', { conditions: [{ type: 'Healthy', status: 'False', message: 'no', error: 'gone' }] }, 'x', 'Unhealthy', 'no', 'gone'],
  ['v1 configmaps', { data: { a: '1' }, binaryData: { b: 'AA==' } }, 'x', 2, '90s'],
  ['v1 limitranges', {}, 'x', creationTimestamp],
  ['v1 namespaces', { status: { phase: 'Terminating' } }, 'x', 'Terminating', '90s'],
  ['v1 persistentvolumes', { spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce', 'ReadOnlyMany'], persistentVolumeReclaimPolicy: 'Retain', claimRef: { namespace: 'n', name: 'c' }, storageClassName: 's', volumeMode: 'Block' }, status: { phase: 'Bound', reason: 'r' } }, 'x', '1Gi', 'RWO,ROX', 'Retain', 'Bound', 'n/c', 's', '<unset>', 'r', '90s', 'Block'],
  ['v1 persistentvolumeclaims', { spec: { volumeName: 'v', storageClassName: 's', accessModes: ['ReadWriteMany'], resources: { requests: { storage: '2Gi' } }, volumeMode: 'Filesystem', volumeAttributesClassName: 'a' }, status: { phase: 'Bound', accessModes: ['ReadWriteMany'], capacity: { storage: '3Gi' } } }, 'x', 'Bound', 'v', '3Gi', 'RWX', 's', 'a', '90s', 'Filesystem'],
  ['v1 persistentvolumeclaims', { spec: { accessModes: ['ReadWriteOncePod'] }, status: { phase: 'Pending' } }, 'x', 'Pending', '', '', '', '', '<unset>', '90s', '<unset>'],
  ['v1 podtemplates', { template }, 'x', 'c,d', 'i:1,j:2', 'a=b'],
  ['v1 replicationcontrollers', { ...replicas, spec: { ...replicas.spec, selector: { a: 'b' } } }, 'x', 3, 2, 1, '90s', 'c,d', 'i:1,j:2', 'a=b'],
  ['v1 resourcequotas', { spec: {}, status: { hard: { pods: '10', 'limits.cpu': '4', 'requests.cpu': '2' }, used: { pods: '3', 'limits.cpu': '1', 'requests.cpu': '500m' } } }, 'x', 'pods: 3/10, requests.cpu: 500m/2', 'limits.cpu: 1/4', '90s'],
  ['v1 secrets', { type: 'Opaque', data: { a: 'AA==', b: 'AA==' } }, 'x', 'Opaque', 2, '90s'],
  ['v1 serviceaccounts', { secrets: [{ name: 's' }] }, 'x', 1, '90s'],
  ['admissionregistration.k8s.io/v1 mutatingwebhookconfigurations', hooks, 'x', 2, '90s'],
  ['admissionregistration.k8s.io/v1 validatingwebhookconfigurations', hooks, 'x', 2, '90s'],
  ['admissionregistration.k8s.io/v1 validatingadmissionpolicies', { spec: { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, validations: [{ expression: 'true' }] } }, 'x', 1, 'v1/ConfigMap', '90s'],
  ['admissionregistration.k8s.io/v1 validatingadmissionpolicies', { spec: { validations: [] } }, 'x', 0, '<unset>', '90s'],
  ['admissionregistration.k8s.io/v1 validatingadmissionpolicybindings', { spec: { policyName: 'p', paramRef: { namespace: 'n', name: 'r' } } }, 'x', 'p', 'n/r', '90s'],
  ['admissionregistration.k8s.io/v1 validatingadmissionpolicybindings', { spec: { policyName: 'p', paramRef: { name: 'r' } } }, 'x', 'p', '*/r', '90s'],
  ['admissionregistration.k8s.io/v1 validatingadmissionpolicybindings', { spec: { policyName: 'p', paramRef: { selector: { matchLabels: { a: 'b' } } } } }, 'x', 'p', '&LabelSelector{MatchLabels:map[string]string{a: b,},MatchExpressions:[]LabelSelectorRequirement{},}', '90s'],
  ['admissionregistration.k8s.io/v1 validatingadmissionpolicybindings', { spec: { policyName: 'p' } }, 'x', 'p', '<unset>', '90s'],
  ['apiextensions.k8s.io/v1 customresourcedefinitions', { spec: {} }, 'x', creationTimestamp],
  ['apiregistration.k8s.io/v1 apiservices', { spec: { group: 'g', version: 'v1', service: { namespace: 'n', name: 's' } }, status: { conditions: [{ type: 'Available', status: 'False', reason: 'MissingEndpoints' }] } }, 'x', 'n/s', 'False (MissingEndpoints)', '90s'],
  ['apiregistration.k8s.io/v1 apiservices', { spec: { group: 'g', version: 'v1' }, status: { conditions: [{ type: 'Available', status: 'True' }] } }, 'x', 'Local', 'True', '90s'],
  ['apps/v1 controllerrevisions', { revision: 4, metadata: { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 's', uid: 'u', controller: true }] } }, 'x', 'statefulset.apps/s', 4, '90s'],
  ['apps/v1 controllerrevisions', { revision: 0 }, 'x', '<none>', 0, '90s'],
  ['apps/v1 replicasets', replicas, 'x', 3, 2, 1, '90s', 'c,d', 'i:1,j:2', 'a=b'],
  ['apps/v1 statefulsets', replicas, 'x', '1/3', '90s', 'c,d', 'i:1,j:2'],
  ['autoscaling/v2 horizontalpodautoscalers', { spec: { scaleTargetRef: { kind: 'Deployment', name: 'd' }, minReplicas: 2, maxReplicas: 5, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }] }, status: { currentReplicas: 3, currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 20, averageValue: '10m' } } }] } }, 'x', 'Deployment/d', 'cpu: 20%/50%', '2', 5, 3, '90s'],
  ['autoscaling/v2 horizontalpodautoscalers', { spec: { scaleTargetRef: { kind: 'Deployment', name: 'd' }, maxReplicas: 5 }, status: { currentReplicas: 0 } }, 'x', 'Deployment/d', '<none>', '<unset>', 5, 0, '90s'],
  ['certificates.k8s.io/v1 certificatesigningrequests', { spec: { signerName: 's/n', username: 'ann', expirationSeconds: 3600 }, status: { conditions: [{ type: 'Approved', status: 'True' }], certificate: 'AA==' } }, 'x', '90s', 's/n', 'ann', '60m', 'Approved,Issued'],
  ['certificates.k8s.io/v1 certificatesigningrequests', { spec: { signerName: 's/n', username: 'ann' }, status: {} }, 'x', '90s', 's/n', 'ann', '<none>', 'Pending'],
  ['coordination.k8s.io/v1 leases', { spec: { holderIdentity: 'me' } }, 'x', 'me', '90s'],
  ['flowcontrol.apiserver.k8s.io/v1 flowschemas', { spec: { priorityLevelConfiguration: { name: 'l' }, matchingPrecedence: 7, distinguisherMethod: { type: 'ByUser' } }, status: { conditions: [{ type: 'Dangling', status: 'True' }] } }, 'x', 'l', 7, 'ByUser', '90s', 'True'],
  ['flowcontrol.apiserver.k8s.io/v1 flowschemas', { spec: { priorityLevelConfiguration: { name: 'l' }, matchingPrecedence: 7 } }, 'x', 'l', 7, '<none>', '90s', '?'],
  ['flowcontrol.apiserver.k8s.io/v1 prioritylevelconfigurations', { spec: { type: 'Limited', limited: { nominalConcurrencyShares: 3, limitResponse: { type: 'Queue', queuing: { queues: 4, handSize: 5, queueLengthLimit: 6 } } } } }, 'x', 'Limited', 3, 4, 5, 6, '90s'],
  ['flowcontrol.apiserver.k8s.io/v1 prioritylevelconfigurations', { spec: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0 } } }, 'x', 'Exempt', 0, '<none>', '<none>', '<none>', '90s'],
  ['networking.k8s.io/v1 ingressclasses', { spec: { controller: 'c', parameters: { apiGroup: 'g', kind: 'K', name: 'p' } } }, 'x', 'c', 'K.g/p', '90s'],
  ['networking.k8s.io/v1 ingressclasses', { spec: { controller: 'c' } }, 'x', 'c', '<none>', '90s'],
  ['networking.k8s.io/v1 networkpolicies', { spec: { podSelector: { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'c', operator: 'In', values: ['d', 'e'] }] } } }, 'x', 'a=b,c in (d,e)', '90s'],
  ['networking.k8s.io/v1 networkpolicies', { spec: { podSelector: {} } }, 'x', '<none>', '90s'],
  ['networking.k8s.io/v1 servicecidrs', { spec: { cidrs: ['10.0.0.0/16', 'fd00::/112'] } }, 'x', '10.0.0.0/16,fd00::/112', '90s'],
  ['node.k8s.io/v1 runtimeclasses', { handler: 'h' }, 'x', 'h', '90s'],
  ['policy/v1 poddisruptionbudgets', { spec: { minAvailable: '50%' }, status: { disruptionsAllowed: 2 } }, 'x', '50%', 'N/A', 2, '90s'],
  ['policy/v1 poddisruptionbudgets', { spec: { maxUnavailable: 1 }, status: {} }, 'x', 'N/A', '1', 0, '90s'],
  ['rbac.authorization.k8s.io/v1 clusterrolebindings', { roleRef: { kind: 'ClusterRole', name: 'r' }, subjects }, 'x', 'ClusterRole/r', '90s', 'ann', 'devs', 'n/sa'],
  ['rbac.authorization.k8s.io/v1 rolebindings', { roleRef: { kind: 'Role', name: 'r' }, subjects: [...subjects, { kind: 'User', name: 'bob' }] }, 'x', 'Role/r', '90s', 'ann, bob', 'devs', 'n/sa'],
  ['rbac.authorization.k8s.io/v1 clusterroles', {}, 'x', creationTimestamp],
  ['rbac.authorization.k8s.io/v1 roles', {}, 'x', creationTimestamp],
  ['resource.k8s.io/v1 deviceclasses', { spec: {} }, 'x', '90s'],
  ['resource.k8s.io/v1 resourceclaims', { spec: {}, status: { allocation: {}, reservedFor: [{ resource: 'pods', name: 'p', uid: 'u' }] } }, 'x', 'allocated,reserved', '90s'],
  ['resource.k8s.io/v1 resourceclaims', { spec: {} }, 'x', 'pending', '90s'],
  ['resource.k8s.io/v1 resourceclaimtemplates', { spec: {} }, 'x', '90s'],
  ['resource.k8s.io/v1 resourceslices', { spec: { nodeName: 'n', driver: 'd', pool: { name: 'p' } } }, 'x', 'n', 'd', 'p', '90s'],
  ['resource.k8s.io/v1 resourceslices', { spec: { allNodes: true, driver: 'd', pool: { name: 'p' } } }, 'x', '', 'd', 'p', '90s'],
  ['scheduling.k8s.io/v1 priorityclasses', { value: 7, globalDefault: true, preemptionPolicy: 'Never' }, 'x', 7, true, '90s', 'Never'],
  ['storage.k8s.io/v1 csidrivers', { spec: { attachRequired: true, podInfoOnMount: false, storageCapacity: true, requiresRepublish: true, tokenRequests: [{ audience: 'a' }, { audience: 'b' }], volumeLifecycleModes: ['Persistent', 'Ephemeral'] } }, 'x', true, false, true, 'a,b', true, 'Persistent,Ephemeral', '90s'],
  ['storage.k8s.io/v1 csidrivers', { spec: {} }, 'x', true, false, false, '<unset>', false, '<none>', '90s'],
  ['storage.k8s.io/v1 csinodes', { spec: { drivers: [{ name: 'd', nodeID: 'i' }] } }, 'x', 1, '90s'],
  ['storage.k8s.io/v1 csistoragecapacities', { storageClassName: 's', capacity: '5Gi' }, 'x', 's', '5Gi'],
  ['storage.k8s.io/v1 storageclasses', { provisioner: 'p', reclaimPolicy: 'Retain', volumeBindingMode: 'WaitForFirstConsumer', allowVolumeExpansion: true }, 'x', 'p', 'Retain', 'WaitForFirstConsumer', true, '90s'],
  ['storage.k8s.io/v1 storageclasses', { metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }, provisioner: 'p' }, 'x (default)', 'p', 'Delete', 'Immediate', false, '90s'],
  ['storage.k8s.io/v1 volumeattachments', { spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'v' } }, status: { attached: true } }, 'x', 'a', 'v', 'n', true, '90s'],
  ['storage.k8s.io/v1 volumeattributesclasses', { driverName: 'd' }, 'x', 'd', '90s'],
];

test.each(rows.map(([of, object, ...cells]) => [of, object, cells] as const))('%s | %j', (of, object, cells) => {
  const [groupVersion = '', resource = ''] = of.split(' ');
  const [group = '', version = ''] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
  const kind = kindRegistry.byResource(group, version, resource);
  const { metadata } = object as { metadata?: object };
  expect(kind?.cells({ ...object, metadata: { name: 'x', creationTimestamp, ...metadata } } as KubeObject, now)).toEqual(cells);
});
