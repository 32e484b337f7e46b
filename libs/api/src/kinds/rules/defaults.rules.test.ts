import { defaultRules, withChange } from './testing.ts';

/* What is filled in by types that many kinds share. A default that Go leaves out of JSON when it is empty is absent here: 0, '' and null. */

const pod = { spec: { containers: [{ name: 'c', image: 'i:1' }] } };
const c = 'spec.containers[0]';
const v = 'spec.volumes[0]';
const volume = (source: object): object => withChange(pod, { [v]: { name: 'v', ...source } });
const env = (valueFrom: object): object => withChange(pod, { [`${c}.env`]: [{ name: 'E', valueFrom }] });
defaultRules('v1 Pod', [
  ['ResourceList *', withChange(pod, { [`${c}.resources`]: { requests: { cpu: '1500u', memory: '1' } } }), { [`${c}.resources.requests`]: { cpu: '2m', memory: '1' } }],
  ['Volume emptyDir', volume({}), { [`${v}.emptyDir`]: {} }],
  ['ImageVolumeSource pullPolicy', volume({ image: { reference: 'a:1' } }), { [`${v}.image.pullPolicy`]: 'IfNotPresent' }],
  ['ImageVolumeSource pullPolicy', volume({ image: { reference: 'a' } }), { [`${v}.image.pullPolicy`]: 'Always' }],
  ['ContainerPort protocol', withChange(pod, { [`${c}.ports`]: [{ containerPort: 1 }] }), { [`${c}.ports[0].protocol`]: 'TCP' }],
  ['spec.resources.limits[R]', withChange(pod, { 'spec.resources': { requests: { cpu: '1' } }, [`${c}.resources`]: { limits: { cpu: '1' } } }), { 'spec.resources.limits': undefined }],
  ['Probe timeoutSeconds, periodSeconds, successThreshold, failureThreshold, HTTPGetAction path, scheme', withChange(pod, { [`${c}.livenessProbe`]: { httpGet: { port: 80 } } }), { [`${c}.livenessProbe`]: { httpGet: { port: 80, path: '/', scheme: 'HTTP' }, timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 } }],
  ['HTTPGetAction path, scheme', withChange(pod, { [`${c}.lifecycle`]: { preStop: { httpGet: { port: 80 } } } }), { [`${c}.lifecycle.preStop.httpGet`]: { port: 80, path: '/', scheme: 'HTTP' } }],
  ['GRPCAction service', withChange(pod, { [`${c}.livenessProbe`]: { grpc: { port: 80 } } }), { [`${c}.livenessProbe.grpc.service`]: '' }],
  ['SecretVolumeSource defaultMode', volume({ secret: { secretName: 's' } }), { [`${v}.secret.defaultMode`]: 420 }],
  ['ConfigMapVolumeSource defaultMode', volume({ configMap: { name: 's' } }), { [`${v}.configMap.defaultMode`]: 420 }],
  ['DownwardAPIVolumeSource defaultMode, ObjectFieldSelector apiVersion', volume({ downwardAPI: { items: [{ path: 'p', fieldRef: { fieldPath: 'metadata.name' } }] } }), { [`${v}.downwardAPI.defaultMode`]: 420, [`${v}.downwardAPI.items[0].fieldRef.apiVersion`]: 'v1' }],
  ['ProjectedVolumeSource defaultMode, ServiceAccountTokenProjection expirationSeconds', volume({ projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }), { [`${v}.projected.defaultMode`]: 420, [`${v}.projected.sources[0].serviceAccountToken.expirationSeconds`]: 3600 }],
  ['HostPathVolumeSource type', volume({ hostPath: { path: '/a' } }), { [`${v}.hostPath.type`]: '' }],
  ['ObjectFieldSelector apiVersion', env({ fieldRef: { fieldPath: 'metadata.name' } }), { [`${c}.env[0].valueFrom.fieldRef.apiVersion`]: 'v1' }],
  ['FileKeySelector optional', env({ fileKeyRef: { key: 'K', path: 'p', volumeName: 'v' } }), { [`${c}.env[0].valueFrom.fileKeyRef.optional`]: false }],
  ['LocalObjectReference name', env({ secretKeyRef: { key: 'k' } }), { [`${c}.env[0].valueFrom.secretKeyRef.name`]: undefined }],
  ['LocalObjectReference name', withChange(pod, { 'spec.imagePullSecrets': [{}] }), { 'spec.imagePullSecrets[0].name': undefined }],
  ['ISCSIVolumeSource iscsiInterface', volume({ iscsi: { targetPortal: 'p', iqn: 'iqn.a', lun: 0 } }), { [`${v}.iscsi.iscsiInterface`]: 'default' }],
  ['RBDVolumeSource pool, user, keyring', volume({ rbd: { monitors: ['m'], image: 'i' } }), { [`${v}.rbd.pool`]: 'rbd', [`${v}.rbd.user`]: 'admin', [`${v}.rbd.keyring`]: '/etc/ceph/keyring' }],
  ['AzureDiskVolumeSource cachingMode, fsType, readOnly, kind', volume({ azureDisk: { diskName: 'd', diskURI: 'u' } }), { [`${v}.azureDisk`]: { diskName: 'd', diskURI: 'u', cachingMode: 'ReadWrite', fsType: 'ext4', readOnly: false, kind: 'Shared' } }],
  ['ScaleIOVolumeSource storageMode, fsType', volume({ scaleIO: { gateway: 'g', system: 's', secretRef: { name: 'n' } } }), { [`${v}.scaleIO.storageMode`]: 'ThinProvisioned', [`${v}.scaleIO.fsType`]: 'xfs' }],
  ['PersistentVolumeClaimSpec volumeMode', volume({ ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } } } }), { [`${v}.ephemeral.volumeClaimTemplate.spec.volumeMode`]: 'Filesystem' }],
  ['spec.serviceAccount', withChange(pod, { 'spec.serviceAccountName': 'a' }), { 'spec.serviceAccount': 'a' }],
  ['spec.serviceAccount', withChange(pod, { 'spec.serviceAccount': 'a' }), { 'spec.serviceAccountName': 'a' }],
  ['status.qosClass', pod, { 'status.qosClass': 'BestEffort' }],
  ['status.qosClass', withChange(pod, { [`${c}.resources`]: { limits: { cpu: '1', memory: '1Gi' } } }), { 'status.qosClass': 'Guaranteed' }],
  ['status.qosClass', withChange(pod, { [`${c}.resources`]: { requests: { cpu: '1' } } }), { 'status.qosClass': 'Burstable' }],
  ['status.hostIPs / status.hostIP, status.podIPs / status.podIP', { ...pod, status: { hostIP: '1.2.3.4' } }, { 'status.hostIP': undefined }],
  ['spec.topologySpreadConstraints[*].labelSelector', withChange(pod, { 'metadata.labels': { a: 'b' }, 'spec.topologySpreadConstraints': [{ maxSkew: 1, topologyKey: 'k', whenUnsatisfiable: 'DoNotSchedule', matchLabelKeys: ['a', 'x'], labelSelector: {} }] }), { 'spec.topologySpreadConstraints[0].labelSelector': { matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] } }],
  ['spec.affinity.podAffinity/podAntiAffinity terms labelSelector', withChange(pod, { 'metadata.labels': { a: 'b' }, 'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution': [{ topologyKey: 'k', mismatchLabelKeys: ['a'], labelSelector: {} }] }), { 'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector': { matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['b'] }] } }],
  ['metadata.labels[batch.kubernetes.io/*], pod-template-hash, controller-revision-hash, statefulset.kubernetes.io/pod-name, apps.kubernetes.io/pod-index', pod, { 'metadata.labels': undefined }],
]);

const labels = { app: 'x' };
const template = { metadata: { labels }, spec: pod.spec };
const workload = { spec: { selector: { matchLabels: labels }, template } };
defaultRules('apps/v1 DaemonSet', [
  ['PodTemplateSpec spec.containers[*].ports[*].hostPort', withChange(workload, { 'spec.template.spec.hostNetwork': true, 'spec.template.spec.containers[0].ports': [{ containerPort: 80 }] }), { 'spec.template.spec.containers[0].ports[0].hostPort': undefined }],
  ['spec.revisionHistoryLimit', workload, { 'spec.revisionHistoryLimit': 10 }],
  ['spec.updateStrategy.type, spec.updateStrategy.rollingUpdate.maxUnavailable, maxSurge', workload, { 'spec.updateStrategy': { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } } }],
]);
const set = withChange(workload, { 'spec.serviceName': 's' });
defaultRules('apps/v1 StatefulSet', [
  ['spec.replicas, revisionHistoryLimit', set, { 'spec.replicas': 1, 'spec.revisionHistoryLimit': 10 }],
  ['spec.updateStrategy.type, spec.updateStrategy.rollingUpdate.partition, maxUnavailable', set, { 'spec.updateStrategy': { type: 'RollingUpdate', rollingUpdate: { partition: 0, maxUnavailable: 1 } } }],
  ['spec.persistentVolumeClaimRetentionPolicy.whenDeleted, whenScaled', set, { 'spec.persistentVolumeClaimRetentionPolicy': { whenDeleted: 'Retain', whenScaled: 'Retain' } }],
]);
defaultRules('apps/v1 Deployment', [
  ['spec.strategy.rollingUpdate.maxUnavailable, maxSurge', workload, { 'spec.strategy.rollingUpdate': { maxUnavailable: '25%', maxSurge: '25%' } }],
  ['spec.revisionHistoryLimit, progressDeadlineSeconds', workload, { 'spec.revisionHistoryLimit': 10, 'spec.progressDeadlineSeconds': 600 }],
]);
defaultRules('autoscaling/v1 Scale', [['spec.replicas', { spec: {} }, { 'spec.replicas': undefined }]]);
defaultRules('v1 ConfigMap', [['data', {}, { data: undefined }]]);
defaultRules('v1 ReplicationController', [['spec.minReadySeconds', { spec: { template } }, { 'spec.minReadySeconds': undefined }]]);

const service = { spec: { ports: [{ port: 80 }] } };
defaultRules('v1 Service', [
  ['spec.sessionAffinityConfig', withChange(service, { 'spec.sessionAffinityConfig': { clientIP: { timeoutSeconds: 5 } } }), { 'spec.sessionAffinityConfig': undefined }],
  ['ServicePort protocol, Service spec.ports[*].protocol, spec.ports[*].targetPort', service, { 'spec.ports[0]': { port: 80, protocol: 'TCP', targetPort: 80 } }],
  ['spec.type, internalTrafficPolicy, ipFamilyPolicy, ipFamilies', service, { 'spec.type': 'ClusterIP', 'spec.internalTrafficPolicy': 'Cluster', 'spec.ipFamilyPolicy': 'SingleStack', 'spec.ipFamilies': ['IPv4'] }],
  ['spec.clusterIP, spec.clusterIPs', withChange(service, { 'spec.clusterIP': '10.0.0.1' }), { 'spec.clusterIPs': ['10.0.0.1'] }],
  ['spec.ipFamilyPolicy', withChange(service, { 'spec.clusterIP': 'None' }), { 'spec.ipFamilyPolicy': 'RequireDualStack' }],
]);

const job = { spec: { template: { spec: { ...pod.spec, restartPolicy: 'Never' } } } };
defaultRules('batch/v1 Job', [
  ['spec.manualSelector, suspend', job, { 'spec.manualSelector': false, 'spec.suspend': false }],
  ['spec.template.metadata.labels', job, { 'spec.template.metadata.labels': { 'batch.kubernetes.io/controller-uid': 'uid', 'batch.kubernetes.io/job-name': 'x', 'controller-uid': 'uid', 'job-name': 'x' } }],
  ['metadata.annotations[batch.kubernetes.io/job-tracking]', job, { 'metadata.annotations': undefined }],
  ['PodFailurePolicyOnPodConditionsPattern status', withChange(job, { 'spec.podFailurePolicy.rules': [{ action: 'Ignore', onPodConditions: [{ type: 'A' }] }] }), { 'spec.podFailurePolicy.rules[0].onPodConditions[0].status': 'True' }],
]);
defaultRules('batch/v1 CronJob', [['spec.concurrencyPolicy, suspend, successfulJobsHistoryLimit, failedJobsHistoryLimit', { spec: { schedule: '@daily', jobTemplate: job } }, { 'spec.concurrencyPolicy': 'Allow', 'spec.suspend': false, 'spec.successfulJobsHistoryLimit': 3, 'spec.failedJobsHistoryLimit': 1 }]]);

const scaler = { spec: { scaleTargetRef: { kind: 'D', name: 'd' }, maxReplicas: 3, behavior: { scaleUp: {}, scaleDown: {} } } };
defaultRules('autoscaling/v2 HorizontalPodAutoscaler', [
  ['spec.behavior.scaleUp.stabilizationWindowSeconds, selectPolicy, policies', scaler, { 'spec.behavior.scaleUp': { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, { type: 'Percent', value: 100, periodSeconds: 15 }] } }],
  ['spec.behavior.scaleDown.stabilizationWindowSeconds, selectPolicy, policies', scaler, { 'spec.behavior.scaleDown': { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] } }],
]);

const subjects = [{ kind: 'User', name: 'u' }, { kind: 'ServiceAccount', name: 's', namespace: 'n' }];
defaultRules('rbac.authorization.k8s.io/v1 ClusterRoleBinding', [['roleRef.apiGroup, Subject apiGroup', { roleRef: { kind: 'ClusterRole', name: 'r' }, subjects }, { 'roleRef.apiGroup': 'rbac.authorization.k8s.io', 'subjects[0].apiGroup': 'rbac.authorization.k8s.io', 'subjects[1].apiGroup': undefined }]]);
const definition = { metadata: { name: 'widgets.a.b' }, spec: { group: 'a.b', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }], conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1'], clientConfig: { service: { name: 's', namespace: 'n' } } } } } };
defaultRules('apiextensions.k8s.io/v1 CustomResourceDefinition', [
  ['ServiceReference port', definition, { 'spec.conversion.webhook.clientConfig.service.port': 443 }],
  ['CustomResourceDefinition metadata.generation, metadata.finalizers', definition, { 'metadata.generation': 1, 'metadata.finalizers': undefined }],
]);
defaultRules('apiregistration.k8s.io/v1 APIService', [
  ['spec.service.port', { spec: { group: 'a.b', version: 'v1', service: { name: 's', namespace: 'n' }, groupPriorityMinimum: 1, versionPriority: 1 } }, { 'spec.service.port': 443, status: {} }],
  ['status.conditions', { spec: { group: 'a.b', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 } }, { 'status.conditions': [{ type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available' }] }],
]);
defaultRules('flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration', [['LimitedPriorityLevelConfiguration nominalConcurrencyShares, lendablePercent', { spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } } }, { 'spec.limited.nominalConcurrencyShares': 30, 'spec.limited.lendablePercent': 0 }]]);
const claim = { spec: { devices: { requests: [{ name: 'r', firstAvailable: [{ name: 'a', deviceClassName: 'c', tolerations: [{ key: 'k', value: 'v' }] }] }] } } };
defaultRules('resource.k8s.io/v1 ResourceClaim', [['DeviceSubRequest allocationMode, count, DeviceToleration operator', claim, { 'spec.devices.requests[0].firstAvailable[0].allocationMode': 'ExactCount', 'spec.devices.requests[0].firstAvailable[0].count': 1, 'spec.devices.requests[0].firstAvailable[0].tolerations[0].operator': 'Equal' }]]);
defaultRules('v1 Node', [['spec.podCIDRs / spec.podCIDR', { spec: { podCIDR: '10.0.0.0/24' } }, { 'spec.podCIDRs': ['10.0.0.0/24'] }]]);
defaultRules('v1 Namespace', [['spec.finalizers, status', { status: { phase: 'Terminating' }, spec: { finalizers: ['a.b/c'] } }, { 'spec.finalizers': ['a.b/c', 'kubernetes'], status: { phase: 'Active' } }]]);
defaultRules('v1 ServiceAccount', [['secrets', {}, { secrets: undefined }]]);
defaultRules('v1 Event', [['firstTimestamp, lastTimestamp, count', { involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' } }, { firstTimestamp: undefined, lastTimestamp: undefined, count: undefined }]]);
defaultRules('v1 PersistentVolume', [['status', { spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], nfs: { server: 's', path: '/' } }, status: { phase: 'Bound' } }, { 'status.phase': 'Pending' }]]);
defaultRules('certificates.k8s.io/v1 CertificateSigningRequest', [['status', { spec: { request: 'eA==', signerName: 'a.b/c', usages: [] }, status: { certificate: 'eA==' } }, { status: {} }]]);
defaultRules('v1 Binding', [['Binding target.kind', { target: { name: 'n' } }, { 'target.kind': undefined }]]);
defaultRules('coordination.k8s.io/v1 Lease', [['spec', { spec: {} }, { spec: {} }]]);
