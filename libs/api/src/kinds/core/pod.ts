import type { Pod } from '../../gen/types/core-v1.ts';
import { defineKind, subresource } from '../define-kind.ts';
import { nameWarnings, podSpecWarnings } from '../warnings/pod-spec.ts';
import { podCells, podColumns } from './pod-cells.ts';
import { preparePodForCreate } from './pod-create.ts';
import { setPodDefaults } from './pod-defaults.ts';
import { validatePodStatus } from './pod-status-validation.ts';
import { validatePod, validatePodUpdate } from './pod-validation.ts';

export const pod = defineKind<Pod>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  subresources: [
    subresource('attach', 'PodAttachOptions', { group: '', version: 'v1' }, ['create', 'get']),
    subresource('binding', 'Binding', { group: '', version: 'v1' }, ['create']),
    subresource('ephemeralcontainers', 'Pod', { group: '', version: 'v1' }),
    subresource('eviction', 'Eviction', { group: 'policy', version: 'v1' }, ['create']),
    subresource('exec', 'PodExecOptions', { group: '', version: 'v1' }, ['create', 'get']),
    subresource('log', 'Pod', { group: '', version: 'v1' }, ['get']),
    subresource('portforward', 'PodPortForwardOptions', { group: '', version: 'v1' }, ['create', 'get']),
    subresource('proxy', 'PodProxyOptions', { group: '', version: 'v1' }, ['create', 'delete', 'get', 'patch', 'update']),
    subresource('resize', 'Pod', { group: '', version: 'v1' }),
  ],
  status: true,
  generationFields: ['spec'],
  storageVersionHash: 'xPOwRZ+Yhw8=',
  setDefaults: setPodDefaults,
  prepareForCreate: preparePodForCreate,
  prepareForStatusUpdate(object, old) {
    // Owners are not the kubelet's to change, and the class of service is decided once.
    if (old.metadata.ownerReferences === undefined) delete object.metadata.ownerReferences;
    else object.metadata.ownerReferences = structuredClone(old.metadata.ownerReferences);
    if ((object.status.qosClass ?? '') === '' && old.status?.qosClass !== undefined) object.status.qosClass = old.status.qosClass;
  },
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  validateStatusUpdate: validatePodStatus,
  warnings: (object, old) => (old === undefined ? [...nameWarnings(object.metadata, "the Pod's hostname"), ...podSpecWarnings(object.metadata, object.spec)] : []),
  columns: podColumns,
  cells: podCells,
  selectableFields: (object) => ({
    'spec.nodeName': object.spec?.nodeName ?? '',
    'spec.restartPolicy': object.spec?.restartPolicy ?? '',
    'spec.schedulerName': object.spec?.schedulerName ?? '',
    'spec.serviceAccountName': object.spec?.serviceAccountName ?? '',
    'spec.hostNetwork': String(object.spec?.hostNetwork ?? false),
    'status.phase': object.status?.phase ?? '',
    'status.podIP': object.status?.podIP ?? object.status?.podIPs?.[0]?.ip ?? '',
    'status.podIPs': (object.status?.podIPs ?? []).map((p) => p.ip).join(','),
    'status.nominatedNodeName': object.status?.nominatedNodeName ?? '',
  }),
  defaultGracePeriod: (object) => Math.max(0, object.spec?.terminationGracePeriodSeconds ?? 30),
});
