import { createRules, defaultRules, statusRules, updateRules } from './testing.ts';

const many = Object.fromEntries(Array.from({ length: 513 }, (_, i) => [`k${i}`, 'v']));
const big = { k: 'x'.repeat(256 * 1024) };

const storageClass = { provisioner: 'a.b/c', parameters: { k: 'v' }, allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['a'] }] }] };
createRules('storage.k8s.io/v1 StorageClass', storageClass, [
  ['metadata.name', { 'metadata.name': 'A' }, 'metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain'],
  ['provisioner', { provisioner: '' }, 'provisioner: Required value'],
  ['provisioner', { provisioner: 'a b' }, 'provisioner: Invalid value: "a b": name part must consist of'],
  ['parameters', { parameters: many }, 'parameters: Too long: may not be more than 512 bytes'],
  ['parameters', { parameters: { '': 'v' } }, 'parameters: Invalid value: "": field can not be empty.'],
  ['parameters', { parameters: big }, 'parameters: Too long: may not be more than 262144 bytes'],
  ['reclaimPolicy', { reclaimPolicy: 'Recycle' }, 'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"'],
  ['volumeBindingMode', { volumeBindingMode: 'X' }, 'volumeBindingMode: Unsupported value: "X": supported values: "Immediate", "WaitForFirstConsumer"'],
  ['allowedTopologies', { allowedTopologies: [{ matchLabelExpressions: [{ key: 'a b', values: [] }, { key: 'z', values: ['a', 'a'] }, { key: 'z', values: ['b'] }] }] }, 'allowedTopologies[0].matchLabelExpressions[0].values: Required value', 'allowedTopologies[0].matchLabelExpressions[0].key: Invalid value: "a b"', 'allowedTopologies[0].matchLabelExpressions[1].values[1]: Duplicate value: "a"', 'allowedTopologies[0].matchLabelExpressions[2].key: Duplicate value: "z"'],
  ['allowedTopologies', { 'allowedTopologies[1]': storageClass.allowedTopologies[0] }, 'allowedTopologies[1].matchLabelExpressions: Duplicate value: ""'],
]);
updateRules('storage.k8s.io/v1 StorageClass', storageClass, [
  ['provisioner', { provisioner: 'x' }, 'provisioner: Forbidden: updates to provisioner are forbidden.'],
  ['parameters', { parameters: { k: 'w' } }, 'parameters: Forbidden: updates to parameters are forbidden.'],
  ['reclaimPolicy', { reclaimPolicy: 'Retain' }, 'reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.'],
  ['volumeBindingMode', { volumeBindingMode: 'WaitForFirstConsumer' }, 'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable'],
  ['allowVolumeExpansion, mountOptions, allowedTopologies', { allowVolumeExpansion: true, mountOptions: ['ro'], allowedTopologies: undefined }],
]);
defaultRules('storage.k8s.io/v1 StorageClass', [['reclaimPolicy', { provisioner: 'p' }, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }], ['volumeBindingMode', { provisioner: 'p', volumeBindingMode: 'WaitForFirstConsumer' }, { volumeBindingMode: 'WaitForFirstConsumer' }]]);

const attributes = { driverName: 'd', parameters: { k: 'v' } };
createRules('storage.k8s.io/v1 VolumeAttributesClass', attributes, [
  ['driverName', { driverName: '' }, 'driverName: Required value'],
  ['driverName', { driverName: 'a b' }, 'driverName: Invalid value: "a b"'],
  ['parameters', { parameters: {} }, 'parameters: Required value: must contain at least one key/value pair'],
  ['parameters', { parameters: many }, 'parameters: Too long: may not be more than 512 bytes'],
]);
updateRules('storage.k8s.io/v1 VolumeAttributesClass', attributes, [['driverName, parameters', { driverName: 'e', parameters: { k: 'w' } }, 'driverName: Forbidden: updates to driverName are forbidden.', 'parameters: Forbidden: updates to parameters are forbidden.']]);

createRules('storage.k8s.io/v1 CSIDriver', { spec: {} }, [
  ['metadata.name', { 'metadata.name': 'a_b' }, 'metadata.name: Invalid value: "a_b": a lowercase RFC 1123 subdomain'],
  ['metadata.name', { 'metadata.name': 'a'.repeat(64) }, 'metadata.name: Invalid value: '],
  ['spec.fsGroupPolicy', { 'spec.fsGroupPolicy': 'X' }, 'spec.fsGroupPolicy: Unsupported value: "X": supported values: "File", "None", "ReadWriteOnceWithFSType"'],
  ['spec.volumeLifecycleModes[*]', { 'spec.volumeLifecycleModes': ['X'] }, 'spec.volumeLifecycleModes: Unsupported value: "X": supported values: "Persistent", "Ephemeral"'],
  ['spec.tokenRequests', { 'spec.tokenRequests': [{ audience: 'a', expirationSeconds: 599 }, { audience: 'a', expirationSeconds: 4294967297 }] }, 'spec.tokenRequests[0].expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes', 'spec.tokenRequests[1].audience: Duplicate value: "a"'],
  ['spec.tokenRequests', { 'spec.tokenRequests': [{ audience: 'a', expirationSeconds: 4294967297 }] }, 'spec.tokenRequests[0].expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds'],
  ['spec.nodeAllocatableUpdatePeriodSeconds', { 'spec.nodeAllocatableUpdatePeriodSeconds': 9 }, 'spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds'],
  ['spec.serviceAccountTokenInSecrets', { 'spec.serviceAccountTokenInSecrets': true }, 'spec.serviceAccountTokenInSecrets: Invalid value: true'],
]);
updateRules('storage.k8s.io/v1 CSIDriver', { spec: {} }, [
  ['spec.attachRequired', { 'spec.attachRequired': false }, 'spec.attachedRequired: Invalid value: false: field is immutable'],
  ['spec.volumeLifecycleModes', { 'spec.volumeLifecycleModes': ['Ephemeral'] }, 'spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable'],
  ['spec.podInfoOnMount, storageCapacity, fsGroupPolicy, tokenRequests, requiresRepublish, seLinuxMount, nodeAllocatableUpdatePeriodSeconds', { 'spec.podInfoOnMount': true, 'spec.storageCapacity': true, 'spec.fsGroupPolicy': 'None', 'spec.requiresRepublish': true, 'spec.seLinuxMount': true, 'spec.tokenRequests': [{ audience: '' }] }],
]);
defaultRules('storage.k8s.io/v1 CSIDriver', [['spec.attachRequired, podInfoOnMount, storageCapacity, fsGroupPolicy, volumeLifecycleModes, requiresRepublish, seLinuxMount', { spec: {} }, { spec: { attachRequired: true, podInfoOnMount: false, storageCapacity: false, fsGroupPolicy: 'ReadWriteOnceWithFSType', volumeLifecycleModes: ['Persistent'], requiresRepublish: false, seLinuxMount: false } }]]);

const node = { spec: { drivers: [{ name: 'd', nodeID: 'n', topologyKeys: ['a/b'] }] } };
const driver = 'spec.drivers[0]';
createRules('storage.k8s.io/v1 CSINode', node, [
  ['spec.drivers[*].name', { [`${driver}.name`]: '' }, `${driver}.name: Required value`],
  ['spec.drivers[*].name', { 'spec.drivers[1]': { name: 'd', nodeID: 'm', topologyKeys: null } }, 'spec.drivers[1].name: Duplicate value: "d"'],
  ['spec.drivers[*].nodeID', { [`${driver}.nodeID`]: '' }, `${driver}.nodeID: Required value`],
  ['spec.drivers[*].nodeID', { [`${driver}.nodeID`]: 'x'.repeat(257) }, `${driver}.nodeID: Invalid value: "xxx`],
  ['spec.drivers[*].topologyKeys[*]', { [`${driver}.topologyKeys`]: ['a', 'a', '', 'b c'] }, `${driver}: Duplicate value: "a"`, `${driver}: Required value`, `${driver}: Invalid value: "": name part must be non-empty`, `${driver}: Invalid value: "": name part must consist of`, `${driver}: Invalid value: "b c": name part must consist of`],
  ['spec.drivers[*].allocatable.count', { [`${driver}.allocatable`]: { count: -1 } }, `${driver}.allocatable.count: Invalid value: -1: must be greater than or equal to 0`],
]);
updateRules('storage.k8s.io/v1 CSINode', node, [
  ['spec.drivers[name]', { [`${driver}.nodeID`]: 'm' }, 'spec.drivers: Invalid value: {"Name":"d","NodeID":"m","TopologyKeys":["a/b"],"Allocatable":null}: field is immutable'],
  ['spec.drivers[name]', { [`${driver}.allocatable`]: { count: 3 }, 'spec.drivers[1]': { name: 'e', nodeID: 'n', topologyKeys: [] } }],
  ['spec.drivers[name]', { 'spec.drivers': [] }],
]);

const attachment = { spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'p' } } };
createRules('storage.k8s.io/v1 VolumeAttachment', attachment, [
  ['spec.attacher', { 'spec.attacher': '' }, 'spec.attacher: Required value', 'spec.attacher: Required value'],
  ['spec.attacher', { 'spec.source.persistentVolumeName': 'A' }, 'spec.source.persistentVolumeName: Invalid value: "A": a lowercase RFC 1123 subdomain'],
  ['spec.source', { 'spec.source': {} }, 'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName'],
  ['spec.source', { 'spec.source.inlineVolumeSpec': {} }, 'spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName'],
  ['spec.nodeName', { 'spec.nodeName': 'A' }, 'spec.nodeName: Invalid value: "A": a lowercase RFC 1123 subdomain'],
]);
updateRules('storage.k8s.io/v1 VolumeAttachment', attachment, [['spec', { 'spec.nodeName': 'm' }, 'spec: Invalid value: {']]);
statusRules('storage.k8s.io/v1 VolumeAttachment', attachment, [
  ['status.attachmentMetadata', { 'status.attachmentMetadata': big }, 'status.attachmentMetadata: Too long: may not be more than 262144 bytes'],
  ['status.attachError, detachError', { 'status.attachError': { message: 'x'.repeat(1025) }, 'status.detachError': { errorCode: -1 } }, 'status.attachError.message: Too long: may not be more than 262144 bytes', 'status.detachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, inclusive'],
]);

const capacity = { storageClassName: 's', capacity: '1Gi' };
createRules('storage.k8s.io/v1 CSIStorageCapacity', capacity, [
  ['storageClassName', { storageClassName: '', maximumVolumeSize: '-1' }, 'storageClassName: Invalid value: "": a lowercase RFC 1123 subdomain'],
  ['storageClassName', { storageClassName: 'A' }, 'storageClassName: Invalid value: "A": a lowercase RFC 1123 subdomain'],
  ['nodeTopology', { nodeTopology: { matchLabels: { 'a b': '' } } }, 'nodeTopology.matchLabels: Invalid value: "a b"'],
  ['capacity', { capacity: '-1' }, 'capacity: Invalid value: "-1": must be greater than or equal to 0'],
]);
updateRules('storage.k8s.io/v1 CSIStorageCapacity', capacity, [['nodeTopology, storageClassName', { nodeTopology: {}, storageClassName: 't' }, 'nodeTopology: Invalid value: {}: field is immutable', 'storageClassName: Invalid value: "t": field is immutable'], ['capacity', { capacity: '2Gi' }]]);
