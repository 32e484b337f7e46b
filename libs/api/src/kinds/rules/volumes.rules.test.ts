import { createRules, defaultRules, updateRules, withChange } from './testing.ts';

const csi = { driver: 'd', volumeHandle: 'h' };
const volume = { spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, csi } };
createRules('v1 PersistentVolume', volume, [
  ['spec.accessModes', { 'spec.accessModes': [] }, 'spec.accessModes: Required value'],
  ['spec.accessModes', { 'spec.accessModes': ['X'] }, 'spec.accessModes: Unsupported value: "X": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"'],
  ['spec.accessModes', { 'spec.accessModes': ['ReadWriteOncePod', 'ReadWriteOnce'] }, 'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes'],
  ['spec.capacity', { 'spec.capacity': { storage: '0' } }, 'spec.capacity[storage]: Invalid value: "0": must be greater than zero'],
  ['spec.capacity', { 'spec.capacity': { cpu: '1' } }, 'spec.capacity: Unsupported value: {"cpu":"1"}: supported values: "storage"'],
  ['spec.persistentVolumeReclaimPolicy', { 'spec.persistentVolumeReclaimPolicy': 'X' }, 'spec.persistentVolumeReclaimPolicy: Unsupported value: "X": supported values: "Delete", "Recycle", "Retain"'],
  ['spec.persistentVolumeReclaimPolicy', { 'spec.csi': undefined, 'spec.hostPath': { path: '/' }, 'spec.persistentVolumeReclaimPolicy': 'Recycle' }, "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"],
  ['spec.(source)', { 'spec.csi': undefined }, 'spec: Required value: must specify a volume type'],
  ['spec.(source)', { 'spec.hostPath': { path: '/a' } }, 'spec.csi: Forbidden: may not specify more than 1 volume type'],
  ['spec.(source)', { 'spec.csi': undefined, 'spec.iscsi': { targetPortal: '', iqn: 'x', lun: 300 } }, 'spec.iscsi.targetPortal: Required value', 'spec.iscsi.iqn: Invalid value: "x": must be valid format', 'spec.iscsi.lun: Invalid value: 300: must be between 0 and 255, inclusive'],
  ['spec.(source)', { 'spec.csi': undefined, 'spec.iscsi': { targetPortal: 'p'.repeat(64), iqn: 'eui.0123456789abcdef', lun: 0, initiatorName: 'eui.0123456789abcdef' } }, 'spec.metadata.name: Invalid value: "x": Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'],
  ['spec.(source)', { 'spec.csi': undefined, 'spec.nfs': { server: '', path: 'a' } }, 'spec.nfs.server: Required value', 'spec.nfs.path: Invalid value: "a": must be an absolute path'],
  ['spec.(source)', { 'spec.csi': undefined, 'spec.rbd': { image: 'i' }, 'spec.cephfs': { monitors: ['m'] } }, 'spec.rbd.monitors: Required value', 'spec.cephFS: Forbidden: may not specify more than 1 volume type'],
  ['spec.(source)', { 'spec.csi': undefined, 'spec.hostPath': { path: '' } }, 'spec.hostPath.path: Required value'],
  ['spec.local', { 'spec.csi': undefined, 'spec.local': { path: '/a/../b' } }, "spec.local.path: Invalid value: \"/a/../b\": must not contain '..'", 'spec.nodeAffinity: Required value: Local volume requires node affinity'],
  ['spec.nodeAffinity.required', { 'spec.nodeAffinity': {} }, 'spec.nodeAffinity.required: Required value: must specify required node constraints'],
  ['spec.nodeAffinity.required', { 'spec.nodeAffinity': { required: { nodeSelectorTerms: [] } } }, 'spec.nodeAffinity.required.nodeSelectorTerms: Required value: must have at least one node selector term'],
  ['spec.storageClassName', { 'spec.storageClassName': 'A' }, 'spec.storageClassName: Invalid value: "A": a lowercase RFC 1123 subdomain'],
  ['spec.volumeMode', { 'spec.volumeMode': 'X' }, 'spec.volumeMode: Unsupported value: "X": supported values: "Block", "Filesystem"'],
  ['spec.volumeAttributesClassName', { 'spec.volumeAttributesClassName': '' }, 'spec.volumeAttributesClassName: Required value: an empty string is disallowed'],
  ['spec.volumeAttributesClassName', { 'spec.volumeAttributesClassName': 'v', 'spec.csi': undefined, 'spec.hostPath': { path: '/a' } }, 'spec.csi: Required value: has to be specified when using volumeAttributesClassName'],
  ['spec.csi', { 'spec.csi': { driver: 'd', volumeHandle: 'h', nodePublishSecretRef: { name: 'A', namespace: 'a.b' } } }, 'spec.csi.nodePublishSecretRef.name: Invalid value: "A"', 'spec.csi.nodePublishSecretRef.namespace: Invalid value: "a.b"'],
  ['spec.csi', { 'spec.csi': { driver: '', volumeHandle: '', controllerExpandSecretRef: { name: 's' } } }, 'spec.csi.driver: Required value', 'spec.csi.driver: Invalid value: "": a lowercase RFC 1123 subdomain', 'spec.csi.volumeHandle: Required value', 'spec.csi.controllerExpandSecretRef.namespace: Required value'],
]);
updateRules('v1 PersistentVolume', withChange(volume, { 'spec.volumeAttributesClassName': 'v', 'spec.nodeAffinity': { required: { nodeSelectorTerms: [{}] } } }), [
  ['spec.<volume source>', { 'spec.csi.volumeHandle': 'i' }, 'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation'],
  ['spec.<volume source>', { 'spec.csi.controllerExpandSecretRef': { name: 's', namespace: 'n' } }],
  ['spec.volumeMode', { 'spec.volumeMode': 'Block' }, 'volumeMode: Invalid value: "Block": field is immutable'],
  ['spec.nodeAffinity', { 'spec.nodeAffinity': { required: { nodeSelectorTerms: [{}, {}] } } }, 'nodeAffinity: Invalid value: '],
  ['spec.volumeAttributesClassName', { 'spec.volumeAttributesClassName': undefined }, 'spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden'],
  ['spec.capacity, accessModes, claimRef, storageClassName, persistentVolumeReclaimPolicy, mountOptions', { 'spec.capacity.storage': '2Gi', 'spec.accessModes': ['ReadOnlyMany'], 'spec.storageClassName': 's', 'spec.persistentVolumeReclaimPolicy': 'Delete', 'spec.mountOptions': ['ro'], 'spec.claimRef': { name: 'c', namespace: 'n' } }],
]);
defaultRules('v1 PersistentVolume', [
  ['spec.persistentVolumeReclaimPolicy', volume, { 'spec.persistentVolumeReclaimPolicy': 'Retain' }],
  ['spec.volumeMode', volume, { 'spec.volumeMode': 'Filesystem' }],
  ['status.phase', { ...volume, status: { phase: 'Bound' } }, { 'status.phase': 'Pending' }],
]);

const claim = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
createRules('v1 PersistentVolumeClaim', claim, [
  ['spec.accessModes', { 'spec.accessModes': [] }, 'spec.accessModes: Required value: at least 1 access mode is required'],
  ['spec.resources.requests.storage', { 'spec.resources': {} }, 'spec.resources[storage]: Required value'],
  ['spec.resources.requests.storage', { 'spec.resources.requests.storage': '0' }, 'spec.resources[storage]: Invalid value: "0": must be greater than zero'],
  ['spec.selector', { 'spec.selector': { matchExpressions: [{ key: 'a', operator: 'In' }] } }, 'spec.selector.matchExpressions[0].values: Required value'],
  ['spec.storageClassName', { 'spec.storageClassName': 'A' }, 'spec.storageClassName: Invalid value: "A": a lowercase RFC 1123 subdomain'],
  ['spec.storageClassName', { 'spec.storageClassName': '' }],
  ['spec.volumeMode', { 'spec.volumeMode': 'X' }, 'spec.volumeMode: Unsupported value: "X": supported values: "Block", "Filesystem"'],
  ['spec.dataSource, spec.dataSourceRef', { 'spec.dataSource': { kind: 'X', name: '' } }, 'spec.dataSource.name: Required value', 'spec.dataSource: Invalid value: "X": must be \'PersistentVolumeClaim\' when referencing the default apiGroup', 'spec.dataSourceRef.name: Required value', 'spec.dataSourceRef: Invalid value: "X": must be'],
  ['spec.dataSource, spec.dataSourceRef', { 'spec.dataSource': { kind: 'PersistentVolumeClaim', name: 'a' }, 'spec.dataSourceRef': { kind: 'PersistentVolumeClaim', name: 'b' } }, 'spec: Invalid value: "spec.dataSource": must match dataSourceRef'],
  ['spec.volumeAttributesClassName', { 'spec.volumeAttributesClassName': 'A' }, 'spec.volumeAttributesClassName: Invalid value: "A"'],
]);
const fixed = 'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
updateRules('v1 PersistentVolumeClaim', claim, [
  ['spec', { 'spec.accessModes': ['ReadOnlyMany'] }, fixed],
  ['spec.volumeName', { 'spec.volumeName': 'v' }],
  ['spec.storageClassName', { 'spec.storageClassName': 's' }],
  ['spec.resources.requests.storage', { 'spec.resources.requests.storage': '2Gi' }, fixed],
  ['spec.volumeMode', { 'spec.volumeMode': 'Block' }, fixed, 'volumeMode: Invalid value: "Block": field is immutable'],
  ['metadata.annotations[volume.beta.kubernetes.io/storage-class]', { 'metadata.annotations': { 'volume.beta.kubernetes.io/storage-class': 's' } }, 'metadata.annotations.volume.beta.kubernetes.io/storage-class: Invalid value: "s": field is immutable'],
]);
const bound = withChange(claim, { 'spec.volumeName': 'v', 'spec.storageClassName': 's', 'spec.volumeAttributesClassName': 'a' });
updateRules('v1 PersistentVolumeClaim', bound, [
  ['spec.resources.requests.storage', { 'spec.resources.requests.storage': '2Gi' }],
  ['spec.resources.requests.storage', { 'spec.resources.requests.storage': '512Mi' }, 'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity'],
  ['spec.volumeName', { 'spec.volumeName': 'w' }, fixed],
  ['spec.storageClassName', { 'spec.storageClassName': 't' }, fixed],
  ['spec.volumeAttributesClassName', { 'spec.volumeAttributesClassName': 'b' }],
  ['spec.volumeAttributesClassName', { 'spec.volumeAttributesClassName': undefined }, 'spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden'],
  ['spec.volumeAttributesClassName', { 'spec.volumeAttributesClassName': '' }, 'spec.volumeAttributesClassName: Forbidden: update from non-nil value to an empty string is forbidden'],
], { status: { phase: 'Bound', capacity: { storage: '1Gi' }, currentVolumeAttributesClassName: 'a' } });
defaultRules('v1 PersistentVolumeClaim', [
  ['status.phase', claim, { 'status.phase': 'Pending' }],
  ['status', { ...claim, status: { phase: 'Bound' } }, { status: { phase: 'Pending' } }],
  ['spec.volumeMode', claim, { 'spec.volumeMode': 'Filesystem' }],
  ['spec.dataSource / spec.dataSourceRef', withChange(claim, { 'spec.dataSource': { kind: 'PersistentVolumeClaim', name: 'a' } }), { 'spec.dataSourceRef': { apiGroup: null, kind: 'PersistentVolumeClaim', name: 'a' } }],
]);
