// Generated from proto/k8s. Do not edit.
/** A typed handle for each stored built-in resource, for clients. */
import type { TypedResource } from '../resource.ts';
import type { ConfigMap, Endpoints, Event, LimitRange, Namespace, Node, PersistentVolume, PersistentVolumeClaim, Pod, PodTemplate, ReplicationController, ResourceQuota, Secret, Service, ServiceAccount } from './types/core-v1.ts';
import type { MutatingWebhookConfiguration, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, ValidatingWebhookConfiguration } from './types/admissionregistration-v1.ts';
import type { CustomResourceDefinition } from './types/apiextensions-v1.ts';
import type { APIService } from './types/apiregistration-v1.ts';
import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from './types/apps-v1.ts';
import type { HorizontalPodAutoscaler as AutoscalingV1HorizontalPodAutoscaler } from './types/autoscaling-v1.ts';
import type { HorizontalPodAutoscaler } from './types/autoscaling-v2.ts';
import type { CronJob, Job } from './types/batch-v1.ts';
import type { CertificateSigningRequest } from './types/certificates-v1.ts';
import type { Lease } from './types/coordination-v1.ts';
import type { EndpointSlice } from './types/discovery-v1.ts';
import type { Event as EventsV1Event } from './types/events-v1.ts';
import type { FlowSchema, PriorityLevelConfiguration } from './types/flowcontrol-v1.ts';
import type { IPAddress, Ingress, IngressClass, NetworkPolicy, ServiceCIDR } from './types/networking-v1.ts';
import type { RuntimeClass } from './types/node-v1.ts';
import type { PodDisruptionBudget } from './types/policy-v1.ts';
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from './types/rbac-v1.ts';
import type { DeviceClass, ResourceClaim, ResourceClaimTemplate, ResourceSlice } from './types/resource-v1.ts';
import type { PriorityClass } from './types/scheduling-v1.ts';
import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment, VolumeAttributesClass } from './types/storage-v1.ts';

export const resources = {
  configMaps: { group: '', version: 'v1', resource: 'configmaps', kind: 'ConfigMap', namespaced: true } as TypedResource<ConfigMap>,
  endpoints: { group: '', version: 'v1', resource: 'endpoints', kind: 'Endpoints', namespaced: true } as TypedResource<Endpoints>,
  events: { group: '', version: 'v1', resource: 'events', kind: 'Event', namespaced: true } as TypedResource<Event>,
  limitRanges: { group: '', version: 'v1', resource: 'limitranges', kind: 'LimitRange', namespaced: true } as TypedResource<LimitRange>,
  namespaces: { group: '', version: 'v1', resource: 'namespaces', kind: 'Namespace', namespaced: false } as TypedResource<Namespace>,
  nodes: { group: '', version: 'v1', resource: 'nodes', kind: 'Node', namespaced: false } as TypedResource<Node>,
  persistentVolumeClaims: { group: '', version: 'v1', resource: 'persistentvolumeclaims', kind: 'PersistentVolumeClaim', namespaced: true } as TypedResource<PersistentVolumeClaim>,
  persistentVolumes: { group: '', version: 'v1', resource: 'persistentvolumes', kind: 'PersistentVolume', namespaced: false } as TypedResource<PersistentVolume>,
  pods: { group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true } as TypedResource<Pod>,
  podTemplates: { group: '', version: 'v1', resource: 'podtemplates', kind: 'PodTemplate', namespaced: true } as TypedResource<PodTemplate>,
  replicationControllers: { group: '', version: 'v1', resource: 'replicationcontrollers', kind: 'ReplicationController', namespaced: true } as TypedResource<ReplicationController>,
  resourceQuotas: { group: '', version: 'v1', resource: 'resourcequotas', kind: 'ResourceQuota', namespaced: true } as TypedResource<ResourceQuota>,
  secrets: { group: '', version: 'v1', resource: 'secrets', kind: 'Secret', namespaced: true } as TypedResource<Secret>,
  serviceAccounts: { group: '', version: 'v1', resource: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true } as TypedResource<ServiceAccount>,
  services: { group: '', version: 'v1', resource: 'services', kind: 'Service', namespaced: true } as TypedResource<Service>,
  mutatingWebhookConfigurations: { group: 'admissionregistration.k8s.io', version: 'v1', resource: 'mutatingwebhookconfigurations', kind: 'MutatingWebhookConfiguration', namespaced: false } as TypedResource<MutatingWebhookConfiguration>,
  validatingAdmissionPolicies: { group: 'admissionregistration.k8s.io', version: 'v1', resource: 'validatingadmissionpolicies', kind: 'ValidatingAdmissionPolicy', namespaced: false } as TypedResource<ValidatingAdmissionPolicy>,
  validatingAdmissionPolicyBindings: { group: 'admissionregistration.k8s.io', version: 'v1', resource: 'validatingadmissionpolicybindings', kind: 'ValidatingAdmissionPolicyBinding', namespaced: false } as TypedResource<ValidatingAdmissionPolicyBinding>,
  validatingWebhookConfigurations: { group: 'admissionregistration.k8s.io', version: 'v1', resource: 'validatingwebhookconfigurations', kind: 'ValidatingWebhookConfiguration', namespaced: false } as TypedResource<ValidatingWebhookConfiguration>,
  customResourceDefinitions: { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions', kind: 'CustomResourceDefinition', namespaced: false } as TypedResource<CustomResourceDefinition>,
  apiServices: { group: 'apiregistration.k8s.io', version: 'v1', resource: 'apiservices', kind: 'APIService', namespaced: false } as TypedResource<APIService>,
  controllerRevisions: { group: 'apps', version: 'v1', resource: 'controllerrevisions', kind: 'ControllerRevision', namespaced: true } as TypedResource<ControllerRevision>,
  daemonSets: { group: 'apps', version: 'v1', resource: 'daemonsets', kind: 'DaemonSet', namespaced: true } as TypedResource<DaemonSet>,
  deployments: { group: 'apps', version: 'v1', resource: 'deployments', kind: 'Deployment', namespaced: true } as TypedResource<Deployment>,
  replicaSets: { group: 'apps', version: 'v1', resource: 'replicasets', kind: 'ReplicaSet', namespaced: true } as TypedResource<ReplicaSet>,
  statefulSets: { group: 'apps', version: 'v1', resource: 'statefulsets', kind: 'StatefulSet', namespaced: true } as TypedResource<StatefulSet>,
  autoscalingV1HorizontalPodAutoscalers: { group: 'autoscaling', version: 'v1', resource: 'horizontalpodautoscalers', kind: 'HorizontalPodAutoscaler', namespaced: true } as TypedResource<AutoscalingV1HorizontalPodAutoscaler>,
  horizontalPodAutoscalers: { group: 'autoscaling', version: 'v2', resource: 'horizontalpodautoscalers', kind: 'HorizontalPodAutoscaler', namespaced: true } as TypedResource<HorizontalPodAutoscaler>,
  cronJobs: { group: 'batch', version: 'v1', resource: 'cronjobs', kind: 'CronJob', namespaced: true } as TypedResource<CronJob>,
  jobs: { group: 'batch', version: 'v1', resource: 'jobs', kind: 'Job', namespaced: true } as TypedResource<Job>,
  certificateSigningRequests: { group: 'certificates.k8s.io', version: 'v1', resource: 'certificatesigningrequests', kind: 'CertificateSigningRequest', namespaced: false } as TypedResource<CertificateSigningRequest>,
  leases: { group: 'coordination.k8s.io', version: 'v1', resource: 'leases', kind: 'Lease', namespaced: true } as TypedResource<Lease>,
  endpointSlices: { group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices', kind: 'EndpointSlice', namespaced: true } as TypedResource<EndpointSlice>,
  eventsV1Events: { group: 'events.k8s.io', version: 'v1', resource: 'events', kind: 'Event', namespaced: true } as TypedResource<EventsV1Event>,
  flowSchemas: { group: 'flowcontrol.apiserver.k8s.io', version: 'v1', resource: 'flowschemas', kind: 'FlowSchema', namespaced: false } as TypedResource<FlowSchema>,
  priorityLevelConfigurations: { group: 'flowcontrol.apiserver.k8s.io', version: 'v1', resource: 'prioritylevelconfigurations', kind: 'PriorityLevelConfiguration', namespaced: false } as TypedResource<PriorityLevelConfiguration>,
  ingressClasses: { group: 'networking.k8s.io', version: 'v1', resource: 'ingressclasses', kind: 'IngressClass', namespaced: false } as TypedResource<IngressClass>,
  ingresses: { group: 'networking.k8s.io', version: 'v1', resource: 'ingresses', kind: 'Ingress', namespaced: true } as TypedResource<Ingress>,
  ipAddresses: { group: 'networking.k8s.io', version: 'v1', resource: 'ipaddresses', kind: 'IPAddress', namespaced: false } as TypedResource<IPAddress>,
  networkPolicies: { group: 'networking.k8s.io', version: 'v1', resource: 'networkpolicies', kind: 'NetworkPolicy', namespaced: true } as TypedResource<NetworkPolicy>,
  serviceCIDRs: { group: 'networking.k8s.io', version: 'v1', resource: 'servicecidrs', kind: 'ServiceCIDR', namespaced: false } as TypedResource<ServiceCIDR>,
  runtimeClasses: { group: 'node.k8s.io', version: 'v1', resource: 'runtimeclasses', kind: 'RuntimeClass', namespaced: false } as TypedResource<RuntimeClass>,
  podDisruptionBudgets: { group: 'policy', version: 'v1', resource: 'poddisruptionbudgets', kind: 'PodDisruptionBudget', namespaced: true } as TypedResource<PodDisruptionBudget>,
  clusterRoleBindings: { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterrolebindings', kind: 'ClusterRoleBinding', namespaced: false } as TypedResource<ClusterRoleBinding>,
  clusterRoles: { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterroles', kind: 'ClusterRole', namespaced: false } as TypedResource<ClusterRole>,
  roleBindings: { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'rolebindings', kind: 'RoleBinding', namespaced: true } as TypedResource<RoleBinding>,
  roles: { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'roles', kind: 'Role', namespaced: true } as TypedResource<Role>,
  deviceClasses: { group: 'resource.k8s.io', version: 'v1', resource: 'deviceclasses', kind: 'DeviceClass', namespaced: false } as TypedResource<DeviceClass>,
  resourceClaims: { group: 'resource.k8s.io', version: 'v1', resource: 'resourceclaims', kind: 'ResourceClaim', namespaced: true } as TypedResource<ResourceClaim>,
  resourceClaimTemplates: { group: 'resource.k8s.io', version: 'v1', resource: 'resourceclaimtemplates', kind: 'ResourceClaimTemplate', namespaced: true } as TypedResource<ResourceClaimTemplate>,
  resourceSlices: { group: 'resource.k8s.io', version: 'v1', resource: 'resourceslices', kind: 'ResourceSlice', namespaced: false } as TypedResource<ResourceSlice>,
  priorityClasses: { group: 'scheduling.k8s.io', version: 'v1', resource: 'priorityclasses', kind: 'PriorityClass', namespaced: false } as TypedResource<PriorityClass>,
  csiDrivers: { group: 'storage.k8s.io', version: 'v1', resource: 'csidrivers', kind: 'CSIDriver', namespaced: false } as TypedResource<CSIDriver>,
  csiNodes: { group: 'storage.k8s.io', version: 'v1', resource: 'csinodes', kind: 'CSINode', namespaced: false } as TypedResource<CSINode>,
  csiStorageCapacities: { group: 'storage.k8s.io', version: 'v1', resource: 'csistoragecapacities', kind: 'CSIStorageCapacity', namespaced: true } as TypedResource<CSIStorageCapacity>,
  storageClasses: { group: 'storage.k8s.io', version: 'v1', resource: 'storageclasses', kind: 'StorageClass', namespaced: false } as TypedResource<StorageClass>,
  volumeAttachments: { group: 'storage.k8s.io', version: 'v1', resource: 'volumeattachments', kind: 'VolumeAttachment', namespaced: false } as TypedResource<VolumeAttachment>,
  volumeAttributesClasses: { group: 'storage.k8s.io', version: 'v1', resource: 'volumeattributesclasses', kind: 'VolumeAttributesClass', namespaced: false } as TypedResource<VolumeAttributesClass>,
} as const;
