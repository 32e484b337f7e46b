import { createRules, updateRules } from './testing.ts';

const map = {};
const m = 'metadata';
const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' };
const long = 'a'.repeat(254);
createRules('v1 ConfigMap', map, [
  ['metadata.generateName', { [`${m}.generateName`]: 'AB-' }, 'metadata.generateName: Invalid value: "AB-"'],
  ['metadata.generateName', { [`${m}.generateName`]: 'a-' }],
  ['metadata.name', { [`${m}.name`]: long }, `metadata.name: Invalid value: "${long}": must be no more than 253 bytes`],
  ['dns1123subdomain', { [`${m}.name`]: 'a..b' }, 'metadata.name: Invalid value: "a..b": a lowercase RFC 1123 subdomain'],
  ['dns1123label', { [`${m}.namespace`]: 'a.b' }, 'metadata.namespace: Invalid value: "a.b": must not contain dots'],
  ['labelkey', { [`${m}.labels`]: { 'a/b/c': '' } }, 'metadata.labels: Invalid value: "a/b/c": a qualified name must consist of'],
  ['qualifiedname', { [`${m}.labels`]: { '/b': '' } }, 'metadata.labels: Invalid value: "/b": prefix part must be non-empty'],
  ['labelvalue', { [`${m}.labels`]: { a: 'b'.repeat(64) } }, `metadata.labels: Invalid value: "${'b'.repeat(64)}": must be no more than 63 bytes`],
  ['metadata.namespace', { [`${m}.namespace`]: '' }, 'metadata.namespace: Required value'],
  ['metadata.labels', { [`${m}.labels`]: { 'a b': 'c d' } }, 'metadata.labels: Invalid value: "a b"', 'metadata.labels: Invalid value: "c d"'],
  ['metadata.annotations', { [`${m}.annotations`]: { 'A b': '' } }, 'metadata.annotations: Invalid value: "A b": name part must consist of'],
  ['metadata.annotations', { [`${m}.annotations`]: { 'A.B/C': '' } }],
  ['metadata.annotations', { [`${m}.annotations`]: { a: 'x'.repeat(256 * 1024) } }, 'metadata.annotations: Too long: may not be more than 262144 bytes'],
  ['metadata.ownerReferences[*]', { [`${m}.ownerReferences`]: [{ apiVersion: 'v1', kind: '', name: 'p', uid: '' }] }, 'metadata.ownerReferences[0].kind: Invalid value: "": must not be empty', 'metadata.ownerReferences[0].uid: Invalid value: ""'],
  ['metadata.ownerReferences[*]', { [`${m}.ownerReferences`]: [{ ...owner, kind: 'Event' }] }, 'metadata.ownerReferences[0]: Invalid value: '],
  ['metadata.ownerReferences', { [`${m}.ownerReferences`]: [{ ...owner, controller: true }, { ...owner, uid: 'v', controller: true }] }, 'metadata.ownerReferences: Invalid value: '],
  ['metadata.finalizers[*]', { [`${m}.finalizers`]: ['a'] }, 'metadata.finalizers: Invalid value: "a": name is neither a standard finalizer name nor is it fully qualified'],
  ['metadata.finalizers', { [`${m}.finalizers`]: ['orphan', 'foregroundDeletion'] }, 'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizers orphan and foregroundDeletion cannot be both set'],
  ['configmapkey', { data: { '..a': '' } }, 'data[..a]: Invalid value: "..a"'],
], 'ObjectMeta');
createRules('v1 Node', map, [['metadata.namespace', { [`${m}.namespace`]: 'a' }, 'metadata.namespace: Forbidden: not allowed on this type']], 'ObjectMeta');
updateRules('v1 ConfigMap', map, [
  ['metadata.name', { [`${m}.name`]: 'y' }, 'metadata.name: Invalid value: "y": field is immutable'],
  ['metadata.namespace', { [`${m}.namespace`]: 'other' }, 'metadata.namespace: Invalid value: "other": field is immutable'],
  ['metadata.uid', { [`${m}.uid`]: 'v' }, 'metadata.uid: Invalid value: "v": field is immutable'],
  ['metadata.creationTimestamp', { [`${m}.creationTimestamp`]: '2020-01-01T00:00:00Z' }, 'metadata.creationTimestamp: Invalid value: '],
  ['metadata.deletionTimestamp', { [`${m}.deletionTimestamp`]: '2020-01-01T00:00:00Z' }, 'metadata.deletionTimestamp: Invalid value: '],
  ['metadata.deletionGracePeriodSeconds', { [`${m}.deletionGracePeriodSeconds`]: 1 }, 'metadata.deletionGracePeriodSeconds: Invalid value: 1: field is immutable'],
  ['metadata.generateName, labels, annotations, ownerReferences, managedFields', { [`${m}.labels`]: { a: 'b' }, [`${m}.annotations`]: { a: 'b' }, [`${m}.ownerReferences`]: [owner] }],
]);

updateRules('v1 ConfigMap', { metadata: { finalizers: ['a.b/c'] } }, [
  ['metadata.finalizers', { [`${m}.finalizers`]: ['a.b/c', 'a.b/d'] }, 'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ["a.b/d"]'],
  ['metadata.finalizers', { [`${m}.finalizers`]: [] }],
], { metadata: { name: 'x', namespace: 'default', uid: 'uid', finalizers: ['a.b/c'], deletionTimestamp: '2020-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 } });

const pod = { spec: { containers: [{ name: 'c', image: 'i:1' }] } };
const source = (volume: object): Record<string, unknown> => ({ 'spec.volumes': [{ name: 'v', ...volume }] });
const v = 'spec.volumes[0]';
createRules('v1 Pod', pod, [
  ['(source)', source({ emptyDir: {}, hostPath: { path: '/a' } }), `${v}.hostPath: Forbidden: may not specify more than 1 volume type`],
  ['emptyDir.sizeLimit', source({ emptyDir: { sizeLimit: '-1' } }), `${v}.emptyDir.sizeLimit: Forbidden`],
  ['emptyDir.medium', source({ emptyDir: { medium: 'Anything' } })],
  ['configMap.name', source({ configMap: {} }), `${v}.configMap.name: Required value`],
  ['secret, configMap, downwardAPI, projected defaultMode; items[*].mode', source({ secret: { secretName: 's', defaultMode: 512 } }), `${v}.secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive`],
  ['items[*].key, items[*].path', source({ configMap: { name: 'c', items: [{ key: 'k', path: '../a' }] } }), `${v}.configMap.items[0].path: Invalid value: "../a": must not contain '..'`],
  ['downwardAPI.items[*]', source({ downwardAPI: { items: [{ path: 'a' }] } }), `${v}.downwardAPI: Required value: one of fieldRef and resourceFieldRef is required`],
  ['nfs.server, nfs.path', source({ nfs: { server: '', path: 'a' } }), `${v}.nfs.server: Required value`, `${v}.nfs.path: Invalid value: "a": must be an absolute path`],
  ['iscsi', source({ iscsi: { targetPortal: '', iqn: 'x', lun: 256, chapAuthSession: true } }), `${v}.iscsi.targetPortal: Required value`, `${v}.iscsi.iqn: Invalid value: "x": must be valid format`, `${v}.iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive`, `${v}.iscsi.secretRef: Required value`],
  ['csi.nodePublishSecretRef.name', source({ csi: { driver: 'd', nodePublishSecretRef: {} } }), `${v}.csi.nodePublishSecretRef.name: Required value`],
  ['ephemeral.volumeClaimTemplate', source({ ephemeral: { volumeClaimTemplate: { metadata: { name: 'n' }, spec: { accessModes: ['ReadWriteOnce'] } } } }), `${v}.ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set`, `${v}.ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value`],
  ['image.reference', source({ image: {} }), `${v}.image.reference: Required value`],
  ['image.pullPolicy', source({ image: { reference: 'i', pullPolicy: 'X' } }), `${v}.image.pullPolicy: Unsupported value: "X": supported values: "Always", "IfNotPresent", "Never"`],
  ['projected.sources[*]', source({ projected: { sources: [{ secret: { name: 'a' }, configMap: { name: 'b' } }] } }), `${v}.projected.sources[0]: Forbidden: may not specify more than 1 volume type per source`],
  ['projected.sources[*] paths', source({ projected: { sources: [{ secret: { name: 'a', items: [{ key: 'k', path: 'p' }] } }, { configMap: { name: 'a', items: [{ key: 'k', path: 'p' }] } }] } }), `${v}.projected: Invalid value: "a": conflicting duplicate paths`],
  ['projected.sources[*].serviceAccountToken', { ...source({ projected: { sources: [{ serviceAccountToken: { path: '', expirationSeconds: 1 } }] } }), 'spec.serviceAccountName': 's' }, `${v}.projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes`, `${v}.projected.path: Required value`],
  ['projected.sources[*].secret.name, configMap.name', source({ projected: { sources: [{ secret: {} }] } }), `${v}.projected.sources[0].secret.name: Required value`],
  ['projected.sources[*].clusterTrustBundle', source({ projected: { sources: [{ clusterTrustBundle: { name: 'a', signerName: 'b', path: 'p' } }] } }), `${v}.projected.sources[0].clusterTrustBundle: Invalid value: `],
  ['gitRepo.repository', source({ gitRepo: { repository: '', directory: '../a' } }), `${v}.gitRepo.repository: Required value`, `${v}.gitRepo.directory: Invalid value: "../a": must not contain '..'`],
  ['fc, rbd, cephfs, glusterfs, quobyte, azureDisk, azureFile, vsphereVolume, photonPersistentDisk, portworxVolume, scaleIO, storageos, cinder, flexVolume, flocker, gcePersistentDisk, awsElasticBlockStore', source({ rbd: { monitors: [], image: '' } }), `${v}.rbd.monitors: Required value`, `${v}.rbd.image: Required value`],
  ['fc', source({ fc: { targetWWNs: ['a'] } }), `${v}.fc.lun: Required value: lun is required if targetWWNs is specified`],
  ['flexVolume', source({ flexVolume: { driver: 'd', options: { 'a.k8s.io/b': '' } } }), `${v}.flexVolume.options[a.k8s.io/b]: Invalid value: "a.k8s.io/b": kubernetes.io and k8s.io namespaces are reserved`],
], 'Volume');

const term = (more: object): Record<string, unknown> => ({ 'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution': [{ topologyKey: 'k', ...more }] });
const t = 'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]';
const preferred = 'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution';
const terms = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
const wants = (requirement: object): Record<string, unknown> => ({ [terms]: [{ matchExpressions: [requirement] }] });
const wanted = `${terms}[0].matchExpressions[0]`;
const spread = (more: object): Record<string, unknown> => ({ 'spec.topologySpreadConstraints': [{ maxSkew: 1, topologyKey: 'k', whenUnsatisfiable: 'DoNotSchedule', ...more }] });
const s = 'spec.topologySpreadConstraints[0]';
createRules('v1 Pod', pod, [
  ['nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms', { 'spec.affinity': { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } }, 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value'],
  ['nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[*].weight', { [preferred]: [{ weight: 0, preference: {} }, { weight: 101, preference: {} }] }, `${preferred}[0].weight: Invalid value: 0: must be in the range 1-100`, `${preferred}[1].weight: Invalid value: 101: must be in the range 1-100`],
  ['nodeSelectorTerm.matchExpressions[*].key', wants({ key: 'a b', operator: 'Exists' }), `${wanted}.key: Invalid value: "a b"`],
  ['nodeSelectorTerm.matchExpressions[*].operator', wants({ key: 'a', operator: 'Is' }), `${wanted}.operator: Invalid value: "Is": not a valid selector operator`],
  ['nodeSelectorTerm.matchExpressions[*].values', wants({ key: 'a', operator: 'In' }), `${wanted}.values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`],
  ['nodeSelectorTerm.matchExpressions[*].values', wants({ key: 'a', operator: 'Exists', values: ['b'] }), `${wanted}.values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`],
  ['nodeSelectorTerm.matchExpressions[*].values', wants({ key: 'a', operator: 'Gt', values: ['1', '2'] }), `${wanted}.values: Required value: must be specified single value when \`operator\` is 'Lt' or 'Gt'`],
  ['nodeSelectorTerm.matchExpressions[*].values', wants({ key: 'a', operator: 'In', values: ['b c'] }), `${wanted}.values[0]: Invalid value: "b c"`],
  ['nodeSelectorTerm.matchFields[*]', { [terms]: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a', 'b'] }, { key: 'x', operator: 'Exists' }] }] }, `${terms}[0].matchFields[0].values: Required value: must be only one value when \`operator\` is 'In' or 'NotIn' for node field selector`, `${terms}[0].matchFields[1].operator: Invalid value: "Exists"`, `${terms}[0].matchFields[1].key: Invalid value: "x": not a valid field selector key`],
  ['nodeSelectorTerm.matchFields[*]', { [terms]: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['A'] }] }] }, `${terms}[0].matchFields[0].values[0]: Invalid value: "A": a lowercase RFC 1123 subdomain`],
  ['podAffinity, podAntiAffinity preferred[*].weight', { 'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution': [{ weight: 0, podAffinityTerm: { topologyKey: 'k' } }] }, 'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100'],
  ['podAffinityTerm.labelSelector, namespaceSelector', term({ labelSelector: { matchLabels: { 'a b': '' } }, namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } }), `${t}.labelSelector.matchLabels: Invalid value: "a b"`, `${t}.namespaceSelector.matchExpressions[0].values: Required value`],
  ['podAffinityTerm.topologyKey', term({ topologyKey: '' }), `${t}.topologyKey: Required value: can not be empty`, `${t}.topologyKey: Invalid value: "": name part must be non-empty`, `${t}.topologyKey: Invalid value: "": name part must consist of`],
  ['podAffinityTerm.topologyKey', term({ topologyKey: 'a b' }), `${t}.topologyKey: Invalid value: "a b"`],
  ['podAffinityTerm.namespaces[*]', term({ namespaces: ['A'] }), `${t}.namespace: Invalid value: "A"`],
  ['podAffinityTerm.matchLabelKeys, mismatchLabelKeys', term({ matchLabelKeys: ['a'] }), `${t}.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set`],
  ['podAffinityTerm.matchLabelKeys, mismatchLabelKeys', term({ labelSelector: {}, matchLabelKeys: ['a'], mismatchLabelKeys: ['a'] }), `${t}.matchLabelKeys[0]: Invalid value: "a": exists in both matchLabelKeys and mismatchLabelKeys`],
], 'Affinity');
createRules('v1 Pod', pod, [
  ['(list)', { 'spec.topologySpreadConstraints': [1, 2].map((maxSkew) => ({ maxSkew, topologyKey: 'k', whenUnsatisfiable: 'DoNotSchedule' })) }, 'spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{k, DoNotSchedule}"'],
  ['topologyKey', spread({ topologyKey: 'any text' })],
  ['minDomains', spread({ minDomains: 1, whenUnsatisfiable: 'ScheduleAnyway' }), `${s}.minDomains: Invalid value: 1: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway`],
  ['labelSelector', spread({ labelSelector: { matchLabels: { a: 'b c' } } }), `${s}.labelSelector.matchLabels: Invalid value: "b c"`],
  ['maxSkew', spread({ maxSkew: 0 }), `${s}.maxSkew: Invalid value: 0: must be greater than zero`],
  ['topologyKey', spread({ topologyKey: '' }), `${s}.topologyKey: Required value: can not be empty`],
  ['whenUnsatisfiable', spread({ whenUnsatisfiable: 'X' }), `${s}.whenUnsatisfiable: Unsupported value: "X": supported values: "DoNotSchedule", "ScheduleAnyway"`],
  ['minDomains', spread({ minDomains: 0 }), `${s}.minDomains: Invalid value: 0: must be greater than zero`],
  ['nodeAffinityPolicy, nodeTaintsPolicy', spread({ nodeTaintsPolicy: 'X' }), `${s}.nodeTaintsPolicy: Unsupported value: "X": supported values: "Honor", "Ignore"`],
  ['matchLabelKeys', spread({ matchLabelKeys: ['a'] }), `${s}.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set`],
  ['matchLabelKeys', { 'metadata.labels': { a: 'b' }, ...spread({ matchLabelKeys: ['a'], labelSelector: { matchLabels: { a: 'b' } } }) }, `${s}[0]: Invalid value: "a": exists in both matchLabelKeys and labelSelector`],
], 'TopologySpreadConstraint');
createRules('v1 Pod', pod, [
  ['key', { 'spec.tolerations': [{ key: 'a b', operator: 'Exists' }, { operator: 'Equal' }] }, 'spec.tolerations[0].key: Invalid value: "a b"', 'spec.tolerations[1].operator: Invalid value: "Equal": operator must be Exists when `key` is empty'],
  ['value', { 'spec.tolerations': [{ key: 'a', value: 'b c' }, { key: 'a', operator: 'Exists', value: 'b' }] }, 'spec.tolerations[0].operator: Invalid value: "b c": a valid label must be', 'spec.tolerations[1].operator: Invalid value: "b": value must be empty when `operator` is \'Exists\''],
  ['effect', { 'spec.tolerations': [{ key: 'a', effect: 'X' }] }, 'spec.tolerations[0].effect: Unsupported value: "X": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"'],
  ['operator', { 'spec.tolerations': [{ key: 'a', operator: 'Lt', value: '1' }] }, 'spec.tolerations[0].operator: Unsupported value: "Lt": supported values: "Equal", "Exists", "Lt", "Gt"'],
  ['operator', { 'spec.tolerations': [{ key: 'a', operator: 'X' }] }, 'spec.tolerations[0].operator: Unsupported value: "X": supported values: "Equal", "Exists"'],
  ['tolerationSeconds', { 'spec.tolerations': [{ key: 'a', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 1 }] }, 'spec.tolerations[0].effect: Invalid value: "NoSchedule"'],
], 'Toleration');
