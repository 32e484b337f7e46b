import { createRules, defaultRules, statusRules, updateRules, withChange } from './testing.ts';
import type { RuleCase } from './testing.ts';

const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
const workload = { spec: { selector: { matchLabels: { app: 'x' } }, template } };
const unselected = 'spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`';
const immutable = (path: string): string => `${path}: Invalid value: `;

const templateRules: readonly (readonly [Record<string, unknown>, string])[] = [
  [{ 'spec.template.metadata.labels': { app: 'y' } }, 'spec.template.metadata.labels: Invalid value: {"app":"y"}: `selector` does not match template `labels`'],
  [{ 'spec.template.spec.restartPolicy': 'Never' }, 'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  [{ 'spec.template.spec.activeDeadlineSeconds': 5 }, 'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported'],
];

/** The rules of a workload's template, under the names that its kind has for them. */
function templateCases(labels: string, restartPolicy = labels, deadline = labels, kind = 'ReplicaSet'): RuleCase[] {
  return [labels, restartPolicy, deadline].flatMap((name, i): RuleCase[] => templateRules.slice(i, i + 1).map(([change, refusal]): RuleCase => [name, change, refusal.replace('ReplicaSet', kind)]));
}

createRules('apps/v1 Deployment', workload, [
  ['metadata.name', { 'metadata.name': 'A' }, 'metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain'],
  ['spec.replicas', { 'spec.replicas': -1 }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
  ['spec.selector', { 'spec.selector': undefined }, 'spec.selector: Required value', unselected],
  ['spec.selector', { 'spec.selector': {} }, 'spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
  ['spec.selector', { 'spec.selector': { matchExpressions: [{ key: 'a', operator: 'Is' }] }, 'spec.template.spec.containers[0].image': '' }, 'spec.selector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator', 'spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"Is"}]}: invalid label selector'],
  ['spec.template.metadata.labels', { 'spec.template.metadata.labels': { z: 'y', b: 'c' } }, 'spec.template.metadata.labels: Invalid value: {"b":"c","z":"y"}: `selector` does not match'],
  ['spec.template.metadata.labels', { 'spec.template.metadata': undefined }, 'spec.template.metadata.labels: Invalid value: null: `selector` does not match'],
  ['the order of all', { 'spec.replicas': -1, 'spec.template.spec.activeDeadlineSeconds': 5, 'spec.strategy.rollingUpdate': { maxUnavailable: 'x', maxSurge: 0 }, 'spec.minReadySeconds': -1 }, 'spec.replicas', 'spec.template.spec.activeDeadlineSeconds', 'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "x": a valid percent', 'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "x": may not be 0', 'spec.minReadySeconds'],
  ...templateCases('spec.template.metadata.labels', 'spec.template.spec.restartPolicy', 'spec.template.spec.activeDeadlineSeconds'),
  ['spec.template.spec', { 'spec.template.spec.ephemeralContainers': [{ name: 'e', image: 'i' }] }, 'spec.template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template'],
  ['spec.strategy.type', { 'spec.strategy': { type: 'X' } }, 'spec.strategy: Unsupported value: {"Type":"X","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"'],
  ['spec.strategy.rollingUpdate', { 'spec.strategy': { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } }, "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
  ['spec.strategy.rollingUpdate.maxUnavailable', { 'spec.strategy.rollingUpdate': { maxUnavailable: '101%' } }, 'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
  ['spec.strategy.rollingUpdate.maxUnavailable', { 'spec.strategy.rollingUpdate': { maxUnavailable: 0, maxSurge: '0%' } }, 'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0'],
  ['spec.strategy.rollingUpdate.maxSurge', { 'spec.strategy.rollingUpdate': { maxSurge: 'x' } }, 'spec.strategy.rollingUpdate.maxSurge: Invalid value: "x": a valid percent string must be a numeric string followed by an ending \'%\''],
  ['spec.strategy.rollingUpdate.maxSurge', { 'spec.strategy.rollingUpdate': { maxSurge: -1 } }, 'spec.strategy.rollingUpdate.maxSurge: Invalid value: -1: must be greater than or equal to 0'],
  ['spec.minReadySeconds, revisionHistoryLimit, progressDeadlineSeconds', { 'spec.minReadySeconds': -1, 'spec.revisionHistoryLimit': -1, 'spec.progressDeadlineSeconds': -1 }, 'spec.minReadySeconds: Invalid value: -1: must be greater', 'spec.revisionHistoryLimit: Invalid value: -1: must be greater', 'spec.progressDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0', 'spec.progressDeadlineSeconds: Invalid value: -1: must be greater than minReadySeconds'],
  ['spec.progressDeadlineSeconds', { 'spec.minReadySeconds': 600 }, 'spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds'],
]);
updateRules('apps/v1 Deployment', workload, [['spec.selector', { 'spec.selector.matchLabels': { app: 'x', b: 'c' }, 'spec.template.metadata.labels': { app: 'x', b: 'c' } }, `${immutable('spec.selector')}{"matchLabels":{"app":"x","b":"c"}}: field is immutable`]]);
statusRules('apps/v1 Deployment', workload, [
  ['status', { 'status.replicas': 1, 'status.updatedReplicas': 2, 'status.readyReplicas': -1, 'status.collisionCount': 2 }, 'status.readyReplicas: Invalid value: -1: must be greater', 'status.updatedReplicas: Invalid value: 2: cannot be greater than status.replicas', 'status.availableReplicas: Invalid value: 0: cannot be greater than readyReplicas'],
  ['status', { 'status.replicas': 3, 'status.readyReplicas': 1, 'status.availableReplicas': 2, 'status.collisionCount': 2 }, 'status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas'],
  ['status.collisionCount', { 'status.collisionCount': 1 }, 'status.collisionCount: Invalid value: 1: cannot be decremented'],
  ['status.collisionCount', { 'status.collisionCount': undefined }, 'status.collisionCount: Invalid value: 0: cannot be decremented'],
  ['status', { 'status.unavailableReplicas': -1, 'status.collisionCount': -1 }, 'status.unavailableReplicas: Invalid value: -1', 'status.collisionCount: Invalid value: -1: must be greater', 'status.collisionCount: Invalid value: -1: cannot be decremented'],
  ['a spec that was stored under other rules', { 'spec.replicas': -5 }],
], { status: { collisionCount: 2 } });
defaultRules('apps/v1 Deployment', [
  ['spec.replicas', workload, { 'spec.replicas': 1, 'spec.revisionHistoryLimit': 10, 'spec.progressDeadlineSeconds': 600, 'metadata.generation': 1 }],
  ['spec.strategy.type', workload, { 'spec.strategy': { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } } }],
  ['spec.strategy.rollingUpdate.maxSurge', { ...workload, spec: { ...workload.spec, strategy: { rollingUpdate: { maxUnavailable: 1 } } } }, { 'spec.strategy.rollingUpdate': { maxUnavailable: 1, maxSurge: '25%' } }],
]);

createRules('apps/v1 ReplicaSet', workload, [
  ['spec.replicas, minReadySeconds', { 'spec.replicas': -1, 'spec.minReadySeconds': -1 }, 'spec.replicas: Invalid value: -1: must be greater', 'spec.minReadySeconds: Invalid value: -1: must be greater'],
  ['spec.selector', { 'spec.selector': undefined }, 'spec.selector: Required value', unselected],
  ['spec.selector', { 'spec.selector': {} }, 'spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
  ...templateCases('spec.template'),
]);
updateRules('apps/v1 ReplicaSet', workload, [['spec.selector', { 'spec.selector.matchExpressions': [{ key: 'app', operator: 'Exists' }] }, immutable('spec.selector')]]);
statusRules('apps/v1 ReplicaSet', workload, [['status', { 'status.replicas': 1, 'status.fullyLabeledReplicas': 2, 'status.observedGeneration': -1 }, 'status.observedGeneration: Invalid value: -1', 'status.fullyLabeledReplicas: Invalid value: 2: cannot be greater than status.replicas']]);
defaultRules('apps/v1 ReplicaSet', [['spec.replicas', workload, { 'spec.replicas': 1 }]]);

const claim = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
const set = withChange(workload, { 'spec.serviceName': 's', 'spec.volumeClaimTemplates': [claim], 'spec.template.spec.containers[0].volumeMounts': [{ name: 'data', mountPath: '/d' }] });
createRules('apps/v1 StatefulSet', set, [
  ['metadata.name', { 'metadata.name': 'a.b' }, 'metadata.name: Invalid value: "a.b": must not contain dots'],
  ['spec.podManagementPolicy', { 'spec.podManagementPolicy': 'X' }, 'spec.podManagementPolicy: Invalid value: "X": must be \'OrderedReady\' or \'Parallel\''],
  ['spec.updateStrategy.type', { 'spec.updateStrategy': { type: 'X' } }, "spec.updateStrategy: Invalid value: {\"Type\":\"X\",\"RollingUpdate\":null}: must be 'RollingUpdate' or 'OnDelete'"],
  ['spec.updateStrategy.type', { 'spec.updateStrategy': { type: 'OnDelete', rollingUpdate: { partition: 1 } } }, "spec.updateStrategy.rollingUpdate: Invalid value: {\"Partition\":1,\"MaxUnavailable\":null}: only allowed for updateStrategy 'RollingUpdate'"],
  ['spec.updateStrategy.rollingUpdate.partition', { 'spec.updateStrategy.rollingUpdate': { partition: -1 } }, 'spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater'],
  ['spec.updateStrategy.rollingUpdate.maxUnavailable', { 'spec.updateStrategy.rollingUpdate': { maxUnavailable: 0 } }, 'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0'],
  ['spec.updateStrategy.rollingUpdate.maxUnavailable', { 'spec.updateStrategy.rollingUpdate': { maxUnavailable: '200%' } }, 'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "200%": must not be greater than 100%'],
  ['spec.persistentVolumeClaimRetentionPolicy.whenDeleted, whenScaled', { 'spec.persistentVolumeClaimRetentionPolicy': { whenDeleted: 'X', whenScaled: 'Y' } }, 'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "X": supported values: "Retain", "Delete"', 'spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: "Y"'],
  ['spec.replicas, minReadySeconds, ordinals.start, revisionHistoryLimit', { 'spec.replicas': -1, 'spec.minReadySeconds': -1, 'spec.ordinals.start': -1, 'spec.revisionHistoryLimit': -1 }, 'spec.replicas: Invalid', 'spec.minReadySeconds: Invalid', 'spec.ordinals.start: Invalid', 'spec.revisionHistoryLimit: Invalid'],
  ['spec.selector', { 'spec.selector': {} }, 'spec.selector: Invalid value: {}: empty selector is invalid for statefulset'],
  ...templateCases('spec.template', undefined, undefined, 'StatefulSet'),
  ['spec.template', { 'spec.template.spec.containers[0].volumeMounts[0].name': 'other' }, 'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "other"'],
  ['spec.selector', { 'spec.selector': undefined, 'spec.serviceName': 'A' }, 'spec.serviceName: Invalid value: "A"', 'spec.selector: Required value', unselected],
  ['spec.updateStrategy.rollingUpdate.maxUnavailable', { 'spec.updateStrategy.rollingUpdate': { maxUnavailable: 'x' } }, 'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "x": a valid percent', 'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "x": cannot be 0'],
  ['spec.serviceName', { 'spec.serviceName': 'A' }, 'spec.serviceName: Invalid value: "A": a lowercase RFC 1123 label'],
]);
updateRules('apps/v1 StatefulSet', set, [
  ['spec', { 'spec.replicas': 3, 'spec.ordinals': { start: 1 }, 'spec.minReadySeconds': 3, 'spec.revisionHistoryLimit': 4 }],
  ['spec', { 'spec.serviceName': 't' }, "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"],
  ['spec.selector, serviceName, volumeClaimTemplates, podManagementPolicy', { 'spec.podManagementPolicy': 'Parallel' }, 'spec: Forbidden: updates to statefulset spec'],
  ['spec.selector, serviceName, volumeClaimTemplates, podManagementPolicy', { 'spec.volumeClaimTemplates[0].spec.resources.requests.storage': '2Gi' }, 'spec: Forbidden: updates to statefulset spec'],
]);
statusRules('apps/v1 StatefulSet', set, [
  ['status', { 'status.replicas': 1, 'status.currentReplicas': 2, 'status.updatedReplicas': 2, 'status.collisionCount': 1 }, 'status.currentReplicas: Invalid value: 2: cannot be greater than status.replicas', 'status.updatedReplicas: Invalid value: 2: cannot'],
  ['status.collisionCount', { 'status.collisionCount': 0 }, 'status.collisionCount: Invalid value: 0: cannot be decremented'],
], { status: { replicas: 1, collisionCount: 1 } });
defaultRules('apps/v1 StatefulSet', [
  ['spec.podManagementPolicy', set, { 'spec.podManagementPolicy': 'OrderedReady', 'spec.replicas': 1, 'spec.revisionHistoryLimit': 10 }],
  ['spec.updateStrategy.rollingUpdate', set, { 'spec.updateStrategy': { type: 'RollingUpdate', rollingUpdate: { partition: 0, maxUnavailable: 1 } } }],
  ['spec.updateStrategy.rollingUpdate', withChange(set, { 'spec.updateStrategy': { type: 'RollingUpdate' } }), { 'spec.updateStrategy': { type: 'RollingUpdate' } }],
  ['spec.persistentVolumeClaimRetentionPolicy.whenDeleted', set, { 'spec.persistentVolumeClaimRetentionPolicy': { whenDeleted: 'Retain', whenScaled: 'Retain' } }],
  ['spec.volumeClaimTemplates[*].status.phase', set, { 'spec.volumeClaimTemplates[0].status': { phase: 'Pending' }, 'spec.volumeClaimTemplates[0].spec.volumeMode': 'Filesystem', 'spec.volumeClaimTemplates[0].kind': 'PersistentVolumeClaim', 'spec.volumeClaimTemplates[0].apiVersion': 'v1' }],
]);

createRules('apps/v1 DaemonSet', workload, [
  ['spec.selector', { 'spec.selector': {} }, 'spec.selector: Invalid value: {}: empty selector is invalid for daemonset'],
  ...templateCases('spec.template', undefined, undefined, 'DaemonSet'),
  ['spec.updateStrategy.type', { 'spec.updateStrategy': { type: 'X' } }, 'spec.updateStrategy: Unsupported value: {"Type":"X","RollingUpdate":null}: supported values: "RollingUpdate", "OnDelete"'],
  ['spec.selector', { 'spec.selector': undefined }, unselected],
  ['spec.selector', { 'spec.selector.matchExpressions': [{ key: 'a', operator: 'Is' }] }, 'spec.selector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator'],
  ['spec.updateStrategy.rollingUpdate', { 'spec.updateStrategy': { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } } }, 'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0'],
  ['spec.updateStrategy.rollingUpdate', { 'spec.updateStrategy': { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } }, 'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero'],
  ['spec.updateStrategy.rollingUpdate', { 'spec.updateStrategy': { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '200%' } } }, 'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "200%": must not be greater than 100%'],
  ['spec.minReadySeconds, revisionHistoryLimit', { 'spec.minReadySeconds': -1, 'spec.revisionHistoryLimit': -1 }, 'spec.minReadySeconds: Invalid', 'spec.revisionHistoryLimit: Invalid'],
]);
updateRules('apps/v1 DaemonSet', workload, [['spec.selector', { 'spec.selector.matchExpressions': [{ key: 'app', operator: 'Exists' }] }, immutable('spec.selector')]]);
statusRules('apps/v1 DaemonSet', workload, [
  ['status', { 'status.numberReady': -1, 'status.collisionCount': 1 }, 'status.numberReady: Invalid value: -1'],
  ['status.collisionCount', { 'status.collisionCount': 0 }, 'status.collisionCount: Invalid value: 0: cannot be decremented'],
], { status: { collisionCount: 1 } });
defaultRules('apps/v1 DaemonSet', [
  ['spec.updateStrategy.rollingUpdate.maxUnavailable', workload, { 'spec.updateStrategy': { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } }, 'spec.revisionHistoryLimit': 10, 'metadata.annotations[deprecated.daemonset.template.generation]': '1' }],
]);

const revision = { data: { spec: 1 }, revision: 1 };
createRules('apps/v1 ControllerRevision', revision, [
  ['data', { data: undefined }, 'data: Required value: data is mandatory'],
  ['revision', { revision: -1 }, 'revision: Invalid value: -1: must be greater'],
]);
updateRules('apps/v1 ControllerRevision', revision, [['data', { data: { spec: 2 } }, 'data: Invalid value: {"spec":2}: field is immutable'], ['data', { revision: 2 }]]);
